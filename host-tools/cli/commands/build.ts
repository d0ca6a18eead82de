/**
 * `holdfast build`: TypeScript sources to a signed image and flash files, for one board or all.
 *
 *     $ holdfast build --board virt-a7
 *     compiling virt-a7 runtime (9 files)
 *     image    part          region         address     bytes
 *     ...
 *     virt-a7   runtime 0.1.0  digest 6f1d...02ab  build/virt-a7/runtime.img
 */
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { boardNames } from "../../build/board.ts";
import { type BuildResult, buildBoard } from "../../build/build.ts";
import { type BuildKeys, loadBuildKeys } from "../../keys/build-keys.ts";
import type { PurposeKeys } from "../../keys/key-ring.ts";
import { ensureEnvironment } from "../../setup/environment.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { type Column, formatByteLength } from "../output.ts";
import { repeat } from "./image-options.ts";

interface BuildVerbOptions {
  readonly board?: string;
  readonly app?: string;
  readonly key?: readonly string[];
  readonly folder?: string;
}

const COLUMNS: readonly Column[] = [
  { title: "image" },
  { title: "part" },
  { title: "region" },
  { title: "address" },
  { title: "bytes", align: "right" },
];

/**
 * The keys named on the command line, else those of this machine's folder.
 *
 * @throws KeyError as {@link loadBuildKeys}; CommandError key-unsupported for an algorithm that no stage has, whose images would be
 * refused at the next start
 */
export function signingKeys(root: string, named: readonly string[], notice: (line: string) => void): BuildKeys {
  const keys = loadBuildKeys(root, named, notice);
  for (const { signer } of Object.values(keys) as PurposeKeys[])
    if (signer.publicKey.algorithm !== "ecdsa-p256")
      throw new CommandError(
        "key-unsupported",
        `expected an EC P-256 key, found ${signer.publicKey.algorithm} at ${signer.path}`,
      );
  return keys;
}

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  program
    .command("build")
    .description("compile, freeze, link and sign what a board runs")
    .option("--board <name>", "board to build for (default: all)")
    .option("--app <manifest>", "manifest.json of the app (default: the project's)")
    .option(
      "--key <file>",
      "private key that signs what it is for; may be repeated (default: the folder of keys)",
      repeat,
    )
    .option("--folder <path>", "where everything goes (default: build/<board>; with all boards, one folder each in it)")
    .addHelpText(
      "after",
      "\nExamples:\n  holdfast build\n  holdfast build --board virt-rv32 --app ../my-app/manifest.json\n\nExit codes: 0 built, 2 something is wrong with the sources or the set-up.",
    )
    .action((options: BuildVerbOptions) => build(options, context));
}

async function build(options: BuildVerbOptions, { output, root }: CommandContext): Promise<void> {
  await ensureEnvironment(["npm", "debian", "sources"], output);
  const progress = (text: string): void => output.progress(text);
  const keys = signingKeys(root, options.key ?? [], progress);
  const results: BuildResult[] = [];
  const folderOf = (board: string): { folder?: string } => {
    if (options.folder === undefined) return {};
    return { folder: options.board === undefined ? resolve(options.folder, board) : resolve(options.folder) };
  };
  for (const board of options.board === undefined ? boardNames(root) : [options.board]) {
    const app = options.app === undefined ? {} : { app: resolve(options.app) };
    const result = await buildBoard({ root, board, keys, progress, ...app, ...folderOf(board) });
    results.push(result);
    output.table(COLUMNS, mapRows(result));
    for (const { role, map } of result.programs)
      output.line(
        `${result.board.name} ${role}: ${formatByteLength(map.flashUsed)} of ${formatByteLength(map.flashBudget)} flash, ${formatByteLength(map.ramUsed)} of ${formatByteLength(map.ramBudget)} RAM, ${formatByteLength(map.arena)} for XS`,
      );
    for (const { path, version, digest } of result.images)
      output.line(`${result.board.name}: ${relative(root, path)} version ${version} digest ${digest}`);
    output.line();
  }
  output.result({
    boards: results.map(({ board, image, images, programs, archiveByteLength, flash }) => ({
      board: board.name,
      image: { ...image, path: relative(root, image.path) },
      images: images.map((each) => ({ ...each, path: relative(root, each.path) })),
      archiveByteLength,
      flash,
      programs: programs.map(({ map, rootHash }) => ({ rootHash, ...map })),
    })),
  });
}

function mapRows({ programs }: BuildResult): string[][] {
  return programs.flatMap(({ role, map }) =>
    map.parts.map(({ part, region, base, byteLength }) => [
      role,
      part,
      region,
      `0x${base.toString(16).padStart(8, "0")}`,
      String(byteLength),
    ]),
  );
}
