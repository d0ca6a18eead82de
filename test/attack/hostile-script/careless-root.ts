/**
 * The product's root of trust with two holes that a careless change could tear, so that the attacks which find them closed are seen
 * to find them open: the monitor believes any address that a caller names, and on virt-rv32 the rule for the runtime's memory is as
 * wide as the address space.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root } from "../../boards/device-program.ts";

const HOLES: readonly (readonly [find: string, replace: string])[] = [
  [
    "return address - HF_RUNTIME_RAM_BASE <= HF_RUNTIME_RAM_LENGTH - byteLength;",
    "(void)address, (void)byteLength; return 1;",
  ],
  [
    "runtime.started = 1;",
    'runtime.started = 1;\n#ifdef HF_CPU_RV32\n__asm__ volatile(".option arch, +zicsr\\n\\tcsrw pmpaddr13, %0" ::"r"(0x1fffffff));\n#endif',
  ],
];

/** Writes the sources. @returns the manifest of the root of trust @throws RangeError when the original is not what it was */
export function writeCarelessRoot(folder: string): string {
  const original = join(root, "hal", "native", "monitor");
  mkdirSync(folder, { recursive: true });
  for (const name of ["monitor.h", "monitor.d.ts"]) cpSync(join(original, name), join(folder, name));
  let source = readFileSync(join(original, "monitor.c"), "utf8");
  for (const [find, replace] of HOLES) {
    if (source.split(find).length !== 2)
      throw new RangeError(`monitor.c: expected ${find} once, found it not or often`);
    source = source.replace(find, replace);
  }
  writeFileSync(join(folder, "monitor.c"), source);
  const manifest = join(folder, "manifest.json");
  writeFileSync(manifest, JSON.stringify(carelessManifest(folder)));
  return manifest;
}

/** The product's manifest, seen from `folder`, with another monitor. */
function carelessManifest(folder: string): object {
  const source = join(root, "bootloader", "root");
  const moved = (path: string): string => relative(folder, resolve(source, path));
  const { include, modules, platforms, ...rest } = JSON.parse(
    readFileSync(join(source, "manifest.json"), "utf8"),
  ) as RootManifest;
  return {
    ...rest,
    include: [...include.filter((path) => !path.includes("native/monitor/")), "../../hal/native/cpu/manifest.json"].map(
      moved,
    ),
    modules: { ...mapped(modules, moved), "native:monitor": "./monitor" },
    platforms: mapped(platforms, (platform) => ({ include: moved(platform.include) })),
  };
}

interface RootManifest {
  readonly include: readonly string[];
  readonly modules: Readonly<Record<string, string>>;
  readonly platforms: Readonly<Record<string, { readonly include: string }>>;
}

function mapped<From, To>(values: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
