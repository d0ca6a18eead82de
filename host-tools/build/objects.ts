/** Compiles C and assembly files to objects, two at a time, each only when it or a header it reads has changed. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { lastLine, runCommand } from "../setup/run-command.ts";
import { BuildError } from "./build-error.ts";
import { parseDependencies } from "./dependency-file.ts";
import { diskFullError, replaceFile } from "./replace-file.ts";
import { fingerprint, forgetFile, type StepInput } from "./step.ts";

/** One object file to make. */
export interface ObjectRecipe {
  /** Absolute path of the .c or .S file. */
  readonly source: string;
  /** Absolute path of the .o file. */
  readonly object: string;
  readonly compiler: string;
  readonly flags: readonly string[];
}

/** An object for each source, named after it, in one folder. Sources of the same name are told apart by their folder's. */
export function recipesFor(
  sources: readonly string[],
  folder: string,
  compiler: string,
  flags: readonly string[],
): ObjectRecipe[] {
  return sources.map((source) => ({
    source,
    object: join(folder, `${basename(dirname(source))}-${basename(source)}.o`),
    compiler,
    flags,
  }));
}

/**
 * Makes the objects that are stale.
 *
 * @param progress called with the count of objects that have to be made, before the first
 * @returns how many were made
 * @throws BuildError compile-failed with the compiler's first error; OutputFileError disk-full
 */
export async function compileObjects(
  recipes: readonly ObjectRecipe[],
  progress?: (count: number) => void,
): Promise<number> {
  const stale = recipes.filter(isStale);
  if (stale.length > 0) progress?.(stale.length);
  const queue = [...stale];
  const worker = async (): Promise<void> => {
    for (let recipe = queue.shift(); recipe !== undefined; recipe = queue.shift()) await compile(recipe);
  };
  const compiling = Array.from({ length: Math.max(1, availableParallelism()) }, () =>
    worker().catch((error: unknown) => {
      queue.length = 0;
      throw error;
    }),
  );
  // A compiler that still runs when this throws would leave its draft behind.
  const failed = (await Promise.allSettled(compiling)).find(({ status }) => status === "rejected");
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  return stale.length;
}

async function compile({ source, object, compiler, flags }: ObjectRecipe): Promise<void> {
  mkdirSync(dirname(object), { recursive: true });
  const draft = `${object}.${process.pid}.draft`;
  const args = [...flags, "-MD", "-MF", `${draft}.d`, "-MT", "object", "-c", source, "-o", draft];
  const { exitCode, stderr } = await runCommand(compiler, args);
  if (exitCode !== 0) {
    for (const path of [draft, `${draft}.d`]) rmSync(path, { force: true });
    throw diskFullError(object, stderr) ?? compileError(compiler, source, stderr);
  }
  rmSync(`${object}.step`, { force: true });
  // Another build of the same objects sees the old one or the new one.
  renameSync(`${draft}.d`, `${object}.d`);
  renameSync(draft, object);
  forgetFile(object);
  replaceFile(`${object}.step`, fingerprint(objectInputs({ source, object, compiler, flags })));
}

/** The first line that names an error is what helps; what follows are its consequences. */
export function compileError(compiler: string, source: string, stderr: string): BuildError {
  const line = stderr.split("\n").find((text) => /error|ENOENT|No such file/i.test(text)) ?? lastLine(stderr);
  return new BuildError("compile-failed", `${compiler}: ${source}: ${line.trim()}`);
}

function isStale(recipe: ObjectRecipe): boolean {
  if (!existsSync(recipe.object) || !existsSync(`${recipe.object}.d`) || !existsSync(`${recipe.object}.step`))
    return true;
  const inputs = objectInputs(recipe);
  if (inputs.some((input) => "file" in input && !existsSync(input.file))) return true;
  return readFileSync(`${recipe.object}.step`, "utf8") !== fingerprint(inputs);
}

/**
 * The compiler wrote down which headers it read. Its own and libc's count too: each is hashed once a build, and a rule
 * that tells them from the project's by their path would be wrong for a checkout in the wrong place.
 */
function objectInputs({ source, object, compiler, flags }: ObjectRecipe): StepInput[] {
  const files = parseDependencies(readFileSync(`${object}.d`, "utf8"));
  return [
    { text: [compiler, ...flags].join(" ") },
    { file: source },
    ...[...new Set(files)].sort().map((file) => ({ file })),
  ];
}
