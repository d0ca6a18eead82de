/** The whole lint: Biome for format and general mistakes, then our own rules over every file of the repository. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../setup/run-command.ts";
import { checkSource } from "./check-source.ts";
import type { Finding } from "./finding.ts";

/** Made, fetched or private: not ours to judge. Names beginning with a dot are left out too, but for .ci. */
const ignoredNames = new Set(["node_modules", "build", "keys", "fixtures"]);

/** Paths of all files below `root`, relative, with `/`, sorted. */
export function sourceFiles(root: string, folder = ""): readonly string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .filter(({ name }) => !name.startsWith(".") && !(ignoredNames.has(name) && isIgnoredHere(folder, name)))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? sourceFiles(root, path) : [path];
    })
    .sort();
}

/** `build` and `keys` are made things only at the top: host-tools/build and host-tools/keys are sources. */
function isIgnoredHere(folder: string, name: string): boolean {
  return folder === "" || name === "node_modules" || name === "fixtures";
}

/** Findings of our own rules over the whole repository. */
export function checkRepository(root: string): readonly Finding[] {
  return sourceFiles(root).flatMap((path) =>
    checkSource(path, path.endsWith(".ts") ? readFileSync(join(root, path), "utf8") : ""),
  );
}

export interface BiomeOutcome {
  readonly ok: boolean;
  /** Biome's own report, with its colours when asked for. */
  readonly report: string;
}

/** `biome ci`, or `biome check --write` when `fix` is set. */
export async function runBiome(root: string, options: { fix: boolean; colour: boolean }): Promise<BiomeOutcome> {
  const verb = options.fix ? ["check", "--write"] : ["ci"];
  const args = [
    ...verb,
    "--error-on-warnings",
    "--max-diagnostics=200",
    `--colors=${options.colour ? "force" : "off"}`,
  ];
  const { exitCode, stdout, stderr } = await runCommand(join(root, "node_modules", ".bin", "biome"), args, {
    cwd: root,
  });
  return { ok: exitCode === 0, report: `${stdout}${stderr}`.trim() };
}
