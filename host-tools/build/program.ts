/** Links one image of a board: XS, natives, start-up code and the frozen root to an ELF file and its flash payload. */
import { readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { lastLine, runCommand } from "../setup/run-command.ts";
import type { Board, ImageRole } from "./board.ts";
import { boardHeader, boardTables } from "./board-tables.ts";
import { BuildError } from "./build-error.ts";
import { closedFunctions, closedInterpreter } from "./closed-engine.ts";
import { defineLines } from "./defines.ts";
import type { FrozenRoot } from "./frozen-root.ts";
import { linkerScript, type Slot } from "./linker-script.ts";
import type { Manifest } from "./manifest.ts";
import { mbedtlsFlags, mbedtlsSources } from "./mbedtls-sources.ts";
import { compileObjects, type ObjectRecipe, recipesFor } from "./objects.ts";
import { diskFullError, replaceFile } from "./replace-file.ts";
import { speedFlags } from "./speed-flags.ts";
import { forgetFile, runStep } from "./step.ts";
import { deviceSources, xsFolder, xsIncludeFlags } from "./xs-sources.ts";

export interface ProgramOptions {
  readonly board: Board;
  readonly role: ImageRole;
  /** The slot that the image is linked for, see `linkSlots`. */
  readonly slot: Slot;
  readonly manifest: Manifest;
  readonly frozenRoot: FrozenRoot;
  /** Absolute path of the repository. */
  readonly root: string;
  /** Folder for what is generated for this role. */
  readonly folder: string;
  /** Folder for the objects that all roles of the board share. */
  readonly sharedFolder: string;
  readonly progress: (text: string) => void;
}

export interface Program {
  readonly elf: string;
  /** Bytes from the first of the image to `_image_end`: what an archive is appended to. */
  readonly payload: string;
  readonly map: string;
}

const OPTIMISE = ["-Os", "-ffunction-sections", "-fdata-sections", "-fno-common", "-fno-exceptions"];
/** Engine functions that go through one of ours first: hal/native/xs/slot-growth.c and engine-guards.c. */
const WRAPPED_FUNCTIONS = ["fxNewSlot", "fxDefinePrivateProperty", "fxGrowKeys"];
/**
 * Names that a file of XS calls otherwise than the others do, so that the others find ours: errors capture their stack our
 * way (error-stack.c), and definitions of properties pass a guard (engine-guards.c).
 */
const RENAMED_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  "xsDefaults.c": ["-DfxCaptureErrorStack=hf_capture_error_stack"],
  "xsType.c": [
    "-DfxOrdinaryDefineOwnProperty=hf_engine_define_own_property",
    "-DgxOrdinaryBehavior=hf_engine_ordinary_behavior",
  ],
};
/** Functions of the C library that ours stand in for: hal/native/c-library/format-text.c. */
const LIBRARY_FUNCTIONS: Readonly<Record<string, string>> = { snprintf: "hf_format", vsnprintf: "hf_format_text" };
const OWN_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];

/**
 * Compiles what is stale and links.
 *
 * @throws BuildError compile-failed, link-failed or too-large with the linker's first complaint; OutputFileError disk-full
 */
export async function linkProgram(options: ProgramOptions): Promise<Program> {
  const { board, role, slot, folder, manifest, frozenRoot } = options;
  const name = slot === "a" ? role : `${role}-${slot}`;
  const generated = join(folder, "generated");
  writeIfChanged(join(generated, "board-config.h"), boardHeader(board, role));
  writeIfChanged(join(generated, "board-tables.c"), boardTables(board, role));
  writeIfChanged(join(generated, "program-config.h"), programHeader(manifest, frozenRoot));
  const script = join(generated, `${name}.ld`);
  writeIfChanged(script, linkerScript(board, role, slot));
  const recipes = objectRecipes(options, generated);
  await compileObjects(recipes, (count) => options.progress(`compiling ${board.name} ${role} (${count} files)`));

  const compiler = `${board.cpu.compilerPrefix}gcc`;
  const elf = join(folder, `${name}.elf`);
  const map = join(folder, `${name}.map`);
  const payload = join(folder, `${name}.bin`);
  const objects = recipes.map(({ object }) => object);
  const linkFlags = [
    ...board.cpu.compileFlags,
    ...board.cpu.linkFlags,
    "-nostartfiles",
    "-T",
    script,
    "-Wl,--gc-sections",
    "-Wl,--no-warn-rwx-segments",
    "-Wl,--build-id=none",
    ...WRAPPED_FUNCTIONS.map((name) => `-Wl,--wrap=${name}`),
    ...Object.entries({ ...LIBRARY_FUNCTIONS, ...(frozenRoot.closed ? closedFunctions(frozenRoot.closed) : {}) }).map(
      ([name, ours]) => `-Wl,--defsym=${name}=${ours}`,
    ),
  ];
  await runStep(
    [elf],
    [{ text: linkFlags.join(" ") }, { file: script }, ...objects.map((file) => ({ file }))],
    async () => {
      await replaceFiles([elf, map], async ([elfDraft, mapDraft]) => {
        const args = [...linkFlags, `-Wl,-Map=${mapDraft}`, ...objects, "-lm", "-o", elfDraft];
        const { exitCode, stderr } = await runCommand(compiler, args);
        if (exitCode !== 0)
          throw (
            diskFullError(elf, stderr) ??
            new BuildError(linkErrorCode(stderr), `${board.name} ${role}: ${linkError(stderr)}`)
          );
      });
    },
  );
  await runStep([payload], [{ file: elf }, { text: Buffer.from(frozenRoot.hash).toString("hex") }], async () => {
    await replaceFiles([payload], async ([draft]) => {
      const args = ["-O", "binary", elf, draft];
      const { exitCode, stderr } = await runCommand(`${board.cpu.compilerPrefix}objcopy`, args);
      if (exitCode !== 0)
        throw diskFullError(payload, stderr) ?? new BuildError("link-failed", `${elf}: ${lastLine(stderr)}`);
    });
  });
  return { elf, payload, map };
}

/** Lets another program write drafts, which take the files' places when `write` has succeeded and are gone when not. */
async function replaceFiles<const T extends readonly string[]>(
  paths: T,
  write: (drafts: { readonly [K in keyof T]: string }) => Promise<void>,
): Promise<void> {
  const drafts = paths.map((path) => `${path}.${process.pid}.draft`) as { [K in keyof T]: string };
  try {
    await write(drafts);
    paths.forEach((path, index) => {
      renameSync(drafts[index] ?? "", path);
      forgetFile(path);
    });
  } finally {
    for (const draft of drafts) rmSync(draft, { force: true });
  }
}

function objectRecipes(options: ProgramOptions, generated: string): ObjectRecipe[] {
  const { board, manifest, frozenRoot, root, folder, sharedFolder } = options;
  const compiler = `${board.cpu.compilerPrefix}gcc`;
  // No absolute path may reach an object: two checkouts give the same bytes.
  const flags = [
    ...board.cpu.compileFlags,
    ...OPTIMISE,
    ...(board.cpu.arch === "rv32imac" ? ["-msave-restore"] : []),
    `-ffile-prefix-map=${root}=.`,
  ];
  const defines = board.cpu.defines.map((define) => `-D${define}`);
  const xs = [
    "-D_GNU_SOURCE",
    "-DINCLUDE_XSPLATFORM",
    '-DXSPLATFORM="xs-platform.h"',
    `-I${join(root, "hal", "native", "xs")}`,
    ...xsIncludeFlags(root),
  ];
  const xsPaths = engineSources(options, generated);
  const xsObjects = join(sharedFolder, "xs");
  const own = [
    ...flags,
    ...defines,
    ...xs,
    `-I${generated}`,
    ...manifest.native.headerDirectories.map((path) => `-I${path}`),
  ];
  const usesCrypto = manifest.native.declarations.has("native:crypto");
  const crypto = usesCrypto ? mbedtlsFlags(root, board) : [];
  const recipes = [
    ...xsPaths.flatMap((path) => {
      const renames = RENAMED_FUNCTIONS[basename(path)] ?? [];
      const objects = path.startsWith(generated) ? join(folder, "objects", "xs") : xsObjects;
      return recipesFor([path], objects, compiler, [...flags, ...xs, ...renames, "-w"]);
    }),
    ...recipesFor(manifest.native.sources, join(folder, "objects"), compiler, [...own, ...crypto, ...OWN_FLAGS]),
    ...recipesFor([frozenRoot.source, join(generated, "board-tables.c")], join(generated, "objects"), compiler, [
      ...own,
      "-w",
    ]),
    ...(usesCrypto
      ? recipesFor(mbedtlsSources(), join(sharedFolder, "mbedtls"), compiler, [...flags, ...defines, ...crypto, "-w"])
      : []),
  ];
  return recipes.map((recipe) => ({ ...recipe, flags: [...recipe.flags, ...speedFlags(recipe.source, board)] }));
}

/** A closed root comes with an interpreter of its own, and with the tables of xsDefaults.c. */
function engineSources({ root, frozenRoot }: ProgramOptions, generated: string): string[] {
  const path = (name: string): string => join(xsFolder(root), "sources", `${name}.c`);
  const names = deviceSources(root);
  if (frozenRoot.closed === undefined) return names.map(path);
  const interpreter = join(generated, "xsRun.c");
  writeIfChanged(interpreter, closedInterpreter(readFileSync(path("xsRun"), "utf8"), frozenRoot.closed.operations));
  return [...names.filter((name) => name !== "xsRun" && name !== "xsDefaults").map(path), interpreter];
}

function programHeader(manifest: Manifest, frozenRoot: FrozenRoot): string {
  const lines = [
    "/* Generated from the image's manifest: do not edit. */",
    "#ifndef HOLDFAST_PROGRAM_CONFIG_H",
    "#define HOLDFAST_PROGRAM_CONFIG_H",
    `#define HF_MAIN_MODULE ${JSON.stringify(manifest.creation.main)}`,
    ...(frozenRoot.closed === undefined ? [] : ["#define HF_CLOSED 1"]),
    ...defineLines(manifest.defines),
    "#endif",
  ];
  return `${lines.join("\n")}\n`;
}

/** Keeps the file's time when nothing changed, for people who look at it. */
function writeIfChanged(path: string, text: string): void {
  let present: string | undefined;
  try {
    present = readFileSync(path, "utf8");
  } catch {
    present = undefined;
  }
  if (present !== text) replaceFile(path, text);
  forgetFile(path);
}

function linkErrorCode(stderr: string): "too-large" | "link-failed" {
  return /will not fit|overflowed|expected at most|expected stack/.test(stderr) ? "too-large" : "link-failed";
}

function linkError(stderr: string): string {
  const lines = stderr.split("\n");
  const line =
    lines.find((text) => /image of|will not fit|overflowed/.test(text)) ??
    lines.find((text) => /undefined reference|multiple definition|cannot|region|section/.test(text)) ??
    lines.find((text) => /error/.test(text)) ??
    lastLine(stderr);
  return line.replace(/^.*?ld: /, "").trim();
}
