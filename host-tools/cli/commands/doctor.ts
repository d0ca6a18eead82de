/**
 * `holdfast doctor`: what this machine has and lacks, and the line that mends it.
 *
 *     ok       node                     20.20.2          runs the tools
 *     missing  gcc-arm-none-eabi                         compiles for virt-a7
 *     To mend: sudo apt-get update && sudo apt-get install --no-install-recommends gcc-arm-none-eabi
 */

import { accessSync, constants, existsSync, mkdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { cacheDirectory } from "../../setup/cache.ts";
import { inspectPackages, installLine } from "../../setup/debian-packages.ts";
import { ensureEnvironment } from "../../setup/environment.ts";
import { imgtoolVersion, judgesAreReady } from "../../setup/judges.ts";
import { pinnedVersion, sourceIsReady, sourceNames } from "../../setup/sources.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { formatByteLength } from "../output.ts";

/** Unpacked sources, npm packages, and the builds of both boards with room to spare. */
const neededDiskBytes = 1024 * 1024 * 1024;

interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Version, path or size: what was found. Empty when nothing was. */
  readonly found: string;
  readonly purpose: string;
  /** What to run or set when not ok. */
  readonly fix?: string;
}

const fixCommand = "./holdfast doctor --fix";

/** One check for each thing in the order in which set-up needs them. Asks no network. */
async function inspectMachine(root: string): Promise<readonly Check[]> {
  const packages = await inspectPackages(true);
  const missing = packages.filter(({ found }) => !found).map(({ name }) => name);
  return [
    { name: "node", ok: true, found: process.versions.node, purpose: "runs the tools" },
    checkNpmPackages(root),
    ...packages.map(({ name, found, version, purpose }) => ({
      name,
      ok: found,
      found: version,
      purpose,
      ...(found ? {} : { fix: installLine(missing) }),
    })),
    ...sourceNames.map(checkSource),
    checkJudges(),
    ...checkCache(),
  ];
}

function checkNpmPackages(root: string): Check {
  const ok = existsSync(join(root, "node_modules", ".holdfast-stamp"));
  const check = {
    name: "npm packages",
    ok,
    found: ok ? "in step with package-lock.json" : "",
    purpose: "tools and XS",
  };
  return ok ? check : { ...check, fix: "npm test" };
}

function checkSource(name: (typeof sourceNames)[number]): Check {
  const purpose = name === "mbedtls" ? "cryptography on the device" : "TCP/IP on the device";
  try {
    const ok = sourceIsReady(name);
    const check = { name, ok, found: ok ? pinnedVersion(name) : "", purpose };
    return ok ? check : { ...check, fix: fixCommand };
  } catch (error) {
    return { name, ok: false, found: "", purpose, fix: (error as Error).message };
  }
}

function checkJudges(): Check {
  const ok = judgesAreReady();
  const check = { name: "imgtool", ok, found: ok ? imgtoolVersion() : "", purpose: "independent judge of images" };
  return ok ? check : { ...check, fix: fixCommand };
}

function checkCache(): readonly Check[] {
  const folder = cacheDirectory();
  const purpose = "sources and judges";
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const fix = `set HOLDFAST_CACHE to a folder that can be written (${(error as NodeJS.ErrnoException).code} in ${folder})`;
    return [{ name: "cache", ok: false, found: "", purpose, fix }];
  }
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const ok = freeBytes >= neededDiskBytes;
  const space = { name: "disk space", ok, found: formatByteLength(freeBytes), purpose: "builds and cache" };
  const fix = `free ${formatByteLength(neededDiskBytes)} in ${dirname(folder)}`;
  return [{ name: "cache", ok: true, found: folder, purpose }, ok ? space : { ...space, fix }];
}

async function runDoctor(context: CommandContext, options: { fix?: boolean }): Promise<void> {
  const { output, root } = context;
  if (options.fix) await ensureEnvironment(["npm", "debian", "sources", "judges"], output);
  const checks = await inspectMachine(root);
  const failed = checks.filter(({ ok }) => !ok);
  output.table(
    [{ title: "STATE" }, { title: "WHAT" }, { title: "FOUND" }, { title: "FOR" }],
    checks.map(({ name, ok, found, purpose }) => [
      ok ? output.colours.green("ok") : output.colours.red("missing"),
      name,
      found,
      purpose,
    ]),
  );
  const fixes = [...new Set(failed.map(({ fix }) => fix ?? ""))];
  for (const fix of fixes) output.line(`To mend: ${fix}`);
  output.result({ ok: failed.length === 0, checks });
  if (failed.length > 0) {
    const names = failed.map(({ name }) => name).join(", ");
    throw new CommandError("machine-incomplete", `expected a complete machine, found missing: ${names}`, 1);
  }
}

export function register(program: Command, context: CommandContext): void {
  program
    .command("doctor")
    .description("check this machine and say what is missing")
    .option("--fix", "install what is missing first")
    .addHelpText(
      "after",
      "\nExamples:\n  holdfast doctor\n  holdfast doctor --fix\n  holdfast doctor --json | jq '.checks[] | select(.ok | not)'",
    )
    .action((options: { fix?: boolean }) => runDoctor(context, options));
}
