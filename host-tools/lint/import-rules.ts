/** Who may know whom: dependencies point one way, and nothing on a device knows Node. */

import { dirname, posix } from "node:path";
import type { Report } from "./device-rules.ts";
import { isNode, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

interface Layer {
  /** Path prefix, or exact path when it ends in `.ts`. The first layer that fits a file is its layer. */
  readonly path: string;
  /** Prefixes that may be imported by relative path, besides the layer itself. */
  readonly knows: readonly string[];
  /** True for code that runs on a device. */
  readonly device: boolean;
  /** True where C functions may be called. */
  readonly native?: boolean;
}

/**
 * The dependency table of the architecture. Tools and service also run the boot decision and the runtime's agents themselves, so
 * that there is one implementation of each; they never reach into boards or drivers. The folders of the stages (`rom`, `root`,
 * and `stage` for what both need) and the runtime's `main.ts` wire hardware to decisions; `flash` and files named `native-` adapt C
 * functions to the interfaces that the decisions take; nobody else knows either.
 */
const layers: readonly Layer[] = [
  { path: "protocol/", knows: [], device: true },
  { path: "hal/interfaces/", knows: [], device: true },
  { path: "hal/drivers/", knows: ["hal/interfaces/"], device: true },
  { path: "hal/boards/", knows: ["hal/interfaces/", "hal/drivers/", "hal/native/"], device: true, native: true },
  { path: "hal/native/", knows: ["hal/interfaces/"], device: true, native: true },
  { path: "hal/", knows: ["hal/interfaces/"], device: true },
  { path: "bootloader/rom/", knows: ["bootloader/", "protocol/", "hal/"], device: true, native: true },
  { path: "bootloader/root/", knows: ["bootloader/", "protocol/", "hal/"], device: true, native: true },
  { path: "bootloader/stage/", knows: ["bootloader/", "protocol/", "hal/"], device: true, native: true },
  { path: "bootloader/flash/", knows: ["bootloader/", "hal/interfaces/"], device: true, native: true },
  { path: "firmware/main.ts", knows: ["firmware/", "protocol/", "hal/"], device: true, native: true },
  { path: "bootloader/native-", knows: ["bootloader/", "protocol/", "hal/interfaces/"], device: true, native: true },
  { path: "bootloader/identity/native-", knows: ["bootloader/", "protocol/"], device: true, native: true },
  { path: "firmware/native-", knows: ["firmware/", "protocol/", "hal/interfaces/"], device: true, native: true },
  { path: "bootloader/", knows: ["protocol/", "hal/interfaces/"], device: true },
  { path: "firmware/", knows: ["protocol/", "hal/interfaces/"], device: true },
  {
    path: "host-tools/",
    knows: ["protocol/", "bootloader/", "firmware/", "hal/interfaces/", "package.json"],
    device: false,
  },
  { path: "service/", knows: ["protocol/", "bootloader/", "firmware/"], device: false },
];

/** The layer of a file, or undefined outside all layers (tests, configuration). */
export function layerOf(path: string): Layer | undefined {
  return layers.find((layer) => (layer.path.endsWith(".ts") ? layer.path === path : path.startsWith(layer.path)));
}

/**
 * Module names that a device resolves without a path: ECMA-419 classes, C functions, the build's configuration, and, where
 * hardware is wired up, the board that the manifest chose.
 */
function isDeviceModule(layer: Layer, specifier: string): boolean {
  if (specifier === "board" || specifier === "rom-devices") return layer.native === true;
  return specifier.startsWith("embedded:") || specifier.startsWith("native:") || specifier === "mc/config";
}

/** Every import and export-from, static or dynamic, with a constant specifier. */
function importsOf(program: SyntaxNode): { node: SyntaxNode; specifier: string }[] {
  const found: { node: SyntaxNode; specifier: string }[] = [];
  walk(program, (node) => {
    if (!/^(Import(Declaration|Expression)|Export(All|Named)Declaration)$/.test(node.type)) return undefined;
    if (isNode(node.source) && typeof node.source.value === "string")
      found.push({ node, specifier: node.source.value });
    return undefined;
  });
  return found;
}

/** Checks the direction of every import of one non-test file. */
export function checkImports({ path, program }: SourceFile, report: Report): void {
  const layer = layerOf(path);
  if (layer === undefined) return;
  for (const { node, specifier } of importsOf(program)) {
    if (specifier.startsWith(".")) {
      const target = posix.normalize(posix.join(dirname(path), specifier));
      const own = layer.path.endsWith(".ts") ? path : layer.path;
      if (target.startsWith(own) || layer.knows.some((known) => target.startsWith(known))) {
        if (layerOf(target)?.native === true && layer.native !== true) {
          report(
            "no-native-import",
            node,
            `expected ${target} to be imported where hardware is wired up, found it in ${path}`,
          );
        }
        continue;
      }
      const allowed = layer.knows.length > 0 ? `itself, ${layer.knows.join(", ")}` : "itself";
      report("import-direction", node, `expected ${layer.path} to import only ${allowed}, found ${target}`);
    } else if (layer.device && !isDeviceModule(layer, specifier)) {
      report(
        "no-foreign-import",
        node,
        `expected embedded:, native: or a relative path on the device, found ${specifier}`,
      );
    } else if (specifier.startsWith("native:") && layer.native !== true) {
      const where = layers.filter(({ native }) => native === true).map((other) => other.path);
      report("no-native-import", node, `expected native: only in ${where.join(", ")}, found ${specifier}`);
    }
  }
}
