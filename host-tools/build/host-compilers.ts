/** Builds the two small native tools of the pipeline: xs-compile (source to byte code) and xs-freeze (root machine to C). */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../setup/run-command.ts";
import { compileError, compileObjects, type ObjectRecipe, recipesFor } from "./objects.ts";
import { replaceFile } from "./replace-file.ts";
import { forgetFile, runStep } from "./step.ts";
import { COMPILER_SOURCES, freezerSources, xsFolder, xsIncludeFlags } from "./xs-sources.ts";

export interface HostCompilers {
  /** Path of xs-compile. */
  readonly compile: string;
  /** Path of xs-freeze. */
  readonly freeze: string;
  /** Output of nm for xs-freeze: how it names the engine functions that a root points to. */
  readonly freezeSymbols: string;
}

const COMPILER = "gcc";
const OWN_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];
const FREEZER_PARTS = [
  "xs-freeze",
  "xs-freeze-heap",
  "xs-freeze-check",
  "xs-freeze-close",
  "xs-freeze-fold",
  "xs-freeze-inline",
  "xs-freeze-print",
];

/**
 * Builds both tools where they are stale.
 *
 * @throws BuildError compile-failed
 */
export async function buildHostCompilers(root: string, progress: (text: string) => void): Promise<HostCompilers> {
  const folder = join(root, "build", "tools");
  const sources = join(root, "host-tools", "build", "native");
  const common = [
    "-O1",
    "-D_GNU_SOURCE",
    "-DINCLUDE_XSPLATFORM",
    '-DXSPLATFORM="xs-host.h"',
    `-I${sources}`,
    ...xsIncludeFlags(root),
  ];
  const xs = (names: readonly string[]): string[] => names.map((name) => join(xsFolder(root), "sources", `${name}.c`));
  const ours = (names: readonly string[]): string[] => names.map((name) => join(sources, `${name}.c`));
  const compilerFlags = [...common, "-DmxCompile=1"];
  const freezerFlags = [...common, "-fno-pie"];
  const compilerObjects = [
    ...recipesFor(xs(COMPILER_SOURCES), join(folder, "xs-compile.objects"), COMPILER, [...compilerFlags, "-w"]),
    ...recipesFor(ours(["xs-compile"]), join(folder, "xs-compile.objects"), COMPILER, [...compilerFlags, ...OWN_FLAGS]),
  ];
  const freezerFolder = join(folder, "xs-freeze.objects");
  const freezerParts = freezerSources(root);
  const errorStack = join(root, "hal", "native", "xs", "error-stack.c");
  const freezerObjects = [
    ...recipesFor(xs(freezerParts.filter((name) => name !== "xsDefaults")), freezerFolder, COMPILER, [
      ...freezerFlags,
      "-w",
    ]),
    // Errors of module bodies show file and line as on a device.
    ...recipesFor(xs(["xsDefaults"]), freezerFolder, COMPILER, [
      ...freezerFlags,
      "-DfxCaptureErrorStack=hf_capture_error_stack",
      "-w",
    ]),
    ...recipesFor([...ours(FREEZER_PARTS), errorStack], freezerFolder, COMPILER, [...freezerFlags, ...OWN_FLAGS]),
  ];
  await compileObjects([...compilerObjects, ...freezerObjects], (count) =>
    progress(`compiling the byte code compiler and the freezer (${count} files)`),
  );
  const compile = join(folder, "xs-compile");
  const freeze = join(folder, "xs-freeze");
  const freezeSymbols = `${freeze}.symbols`;
  await link(compile, compilerObjects, []);
  await link(freeze, freezerObjects, ["-no-pie"]);
  await runStep([freezeSymbols], [{ file: freeze }], async () => {
    const { exitCode, stdout, stderr } = await runCommand("nm", [freeze]);
    if (exitCode !== 0) throw compileError("nm", freeze, stderr);
    replaceFile(freezeSymbols, stdout);
    forgetFile(freezeSymbols);
  });
  return { compile, freeze, freezeSymbols };
}

async function link(program: string, recipes: readonly ObjectRecipe[], flags: readonly string[]): Promise<void> {
  const objects = recipes.map(({ object }) => object);
  await runStep(
    [program],
    objects.map((file) => ({ file })),
    async () => {
      const draft = `${program}.${process.pid}.draft`;
      const { exitCode, stderr } = await runCommand(COMPILER, [...flags, ...objects, "-lm", "-o", draft]);
      if (exitCode !== 0) throw compileError(COMPILER, program, stderr);
      renameSync(draft, program);
      forgetFile(program);
    },
  );
}
