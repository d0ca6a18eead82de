/** Checks the types of a whole program with one run of the TypeScript compiler, and skips the run when nothing changed. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { BuildError, type Diagnostic } from "./build-error.ts";
import type { JsonValue } from "./json-text.ts";
import type { Manifest } from "./manifest.ts";
import { replaceFile } from "./replace-file.ts";
import { CONFIG_MODULE } from "./resolve.ts";

export interface TypeCheckOptions {
  readonly manifest: Manifest;
  /** Absolute path of the repository: compiler and settings are found there, diagnostics name files relative to it. */
  readonly root: string;
  /** Absolute path of a folder for the generated settings and the stamp of the last good run. */
  readonly folder: string;
  /** Milliseconds after which the compiler is ended. */
  readonly timeoutMs?: number;
}

/** Diagnostics of the compiler kept at most; the rest is only counted. */
export const MAXIMUM_DIAGNOSTICS = 1000;

/** Files and hashes of the last run without a finding. */
interface Stamp {
  readonly settings: string;
  readonly compiler: string;
  /** Path relative to the root to SHA-256. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Checks all modules of a manifest.
 *
 * @returns true when the compiler ran, false when the same inputs were found good before
 * @throws BuildError type-error when there are findings (the first in the message, all in `diagnostics`),
 * type-check-failed when the compiler cannot run
 */
export async function checkTypes({ manifest, root, folder, timeoutMs = 120_000 }: TypeCheckOptions): Promise<boolean> {
  const settings = compilerSettings(manifest, root, folder);
  const stampPath = join(folder, "type-check.json");
  const compiler = compilerVersion(root);
  if (isUnchanged(stampPath, settings, compiler, root)) return false;
  const settingsPath = join(folder, "tsconfig.json");
  replaceFile(join(folder, "mc-config.d.ts"), configDeclaration(manifest));
  replaceFile(settingsPath, settings);
  const { output, exitCode } = await runCompiler(root, settingsPath, timeoutMs);
  const { diagnostics, files, unknown } = parseCompilerOutput(output, root);
  if (diagnostics.length > 0) throw new BuildError("type-error", summary(diagnostics), diagnostics);
  if (exitCode !== 0 || unknown.length > 0)
    throw new BuildError(
      "type-check-failed",
      `tsc: expected diagnostics or success, found exit code ${exitCode}: ${unknown[0] ?? "no output"}`,
    );
  const settingsFiles = ["tsconfig.json", "tsconfig.device.json"].map((name) => join(root, name));
  const inputs = [...files, ...settingsFiles].filter((path) => !path.includes(`${sep}node_modules${sep}`));
  const stamp: Stamp = {
    settings,
    compiler,
    files: Object.fromEntries(inputs.map((path) => [relative(root, path), hashFile(path) ?? ""])),
  };
  replaceFile(stampPath, JSON.stringify(stamp));
  return true;
}

/** Splits what `tsc --pretty false --listFiles` prints into diagnostics, file paths and anything else. */
export function parseCompilerOutput(
  output: string,
  root: string,
): { diagnostics: Diagnostic[]; files: string[]; unknown: string[] } {
  const diagnostics: Diagnostic[] = [];
  const files: string[] = [];
  const unknown: string[] = [];
  for (const line of output.split(/\r?\n/)) {
    const match = /^(?:(?<file>[^\s].*?)\((?<line>\d+),(?<column>\d+)\): )?error (?<code>TS\d+): (?<message>.*)$/.exec(
      line,
    )?.groups;
    if (match) {
      const { file, line: row, column, code = "", message = "" } = match;
      diagnostics.push({
        file: file === undefined ? "" : relative(root, resolve(root, file)).split(sep).join("/"),
        line: Number(row ?? 0),
        column: Number(column ?? 0),
        code,
        message,
      });
    } else if (line.startsWith("/")) files.push(line);
    else if (/^\s/.test(line) && diagnostics.length > 0) continue;
    else if (line !== "") unknown.push(line);
  }
  return { diagnostics: diagnostics.slice(0, MAXIMUM_DIAGNOSTICS), files, unknown };
}

function summary(diagnostics: readonly Diagnostic[]): string {
  const [first] = diagnostics;
  if (first === undefined) return "";
  const place = first.file === "" ? "" : `${first.file}:${first.line}:${first.column}: `;
  const more = diagnostics.length === 1 ? "" : ` (and ${diagnostics.length - 1} more)`;
  return `${place}${first.code}: ${first.message}${more}`;
}

function compilerSettings(manifest: Manifest, root: string, folder: string): string {
  const fromFolder = (path: string) => {
    const fromHere = relative(folder, path).split(sep).join("/");
    return fromHere.startsWith(".") ? fromHere : `./${fromHere}`;
  };
  const modules = [...manifest.modules];
  const paths: Record<string, string[]> = repositoryPaths(root, fromFolder);
  for (const [name, path] of [...modules, ...manifest.native.declarations]) paths[name] = [fromFolder(path)];
  paths[CONFIG_MODULE] = ["./mc-config.d.ts"];
  const scripts = modules.some(([, path]) => /\.m?js$/.test(path));
  const sources = modules.map(([, path]) => path).filter((path) => !path.endsWith(".json"));
  const settings = {
    extends: fromFolder(join(root, "tsconfig.device.json")),
    compilerOptions: {
      ...manifest.compilerOptions,
      ...(scripts ? { allowJs: true, checkJs: false } : {}),
      noEmit: true,
      paths,
    },
    files: [...sources, ...manifest.native.declarations.values()].map(fromFolder),
    include: [],
    exclude: [],
  };
  return `${JSON.stringify(settings, null, "\t")}\n`;
}

/** Names that the repository's own settings map, such as `embedded:io/serial`: programs may import types from them. */
function repositoryPaths(root: string, fromFolder: (path: string) => string): Record<string, string[]> {
  const settings = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
    compilerOptions?: { paths?: Record<string, string[]> };
  };
  return Object.fromEntries(
    Object.entries(settings.compilerOptions?.paths ?? {}).map(([name, paths]) => [
      name,
      paths.map((path) => fromFolder(resolve(root, path))),
    ]),
  );
}

/** The type of `mc/config`: the shape of the manifest's config with plain value types. */
export function configDeclaration(manifest: Manifest): string {
  return `declare const config: ${typeOf(manifest.config)};\nexport default config;\n`;
}

function typeOf(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return `readonly [${value.map(typeOf).join(", ")}]`;
  return `{ ${Object.entries(value)
    .map(([key, item]) => `readonly ${JSON.stringify(key)}: ${typeOf(item)};`)
    .join(" ")} }`;
}

function compilerVersion(root: string): string {
  try {
    return (JSON.parse(readFileSync(join(root, "node_modules/typescript/package.json"), "utf8")) as { version: string })
      .version;
  } catch {
    throw new BuildError(
      "type-check-failed",
      `expected the TypeScript compiler in ${join(root, "node_modules/typescript")}, found none (npm start installs it)`,
    );
  }
}

function isUnchanged(stampPath: string, settings: string, compiler: string, root: string): boolean {
  if (!existsSync(stampPath)) return false;
  let stamp: Partial<Stamp>;
  try {
    stamp = JSON.parse(readFileSync(stampPath, "utf8")) as Partial<Stamp>;
  } catch {
    return false;
  }
  if (stamp.settings !== settings || stamp.compiler !== compiler || stamp.files === undefined) return false;
  return Object.entries(stamp.files).every(([path, hash]) => hashFile(resolve(root, path)) === hash);
}

function hashFile(path: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return undefined;
  }
}

function runCompiler(
  root: string,
  settingsPath: string,
  timeoutMs: number,
): Promise<{ output: string; exitCode: number | null }> {
  const script = join(root, "node_modules/typescript/bin/tsc");
  return new Promise((fulfil, reject) => {
    const child = spawn(process.execPath, [script, "-p", settingsPath, "--pretty", "false", "--listFiles"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) =>
      reject(new BuildError("type-check-failed", `expected to run ${script}, found ${error.message}`)),
    );
    child.on("close", (exitCode) => fulfil({ output: Buffer.concat(chunks).toString("utf8"), exitCode }));
  });
}
