/** What `holdfast start` shows a person, one function a section. */
import { relative } from "node:path";
import type { BuildResult } from "../../build/build.ts";
import type { BootSummary } from "../../emulator/boot-report.ts";
import type { ImageRegionName } from "../../image/image-regions.ts";
import { type Column, formatByteLength, type Output } from "../output.ts";

/** A verified boot, measured. */
export interface MeasuredBoot {
  readonly summary: BootSummary;
  /** Milliseconds of this machine's time from starting the emulator to the app's first line. */
  readonly wallMilliseconds: number;
}

/** A command sent to the app's serial port, and the line that came back. */
export interface Exchange {
  readonly sent: string;
  readonly answer: string;
}

/** What became of an image with one bit changed. */
export interface Tampering {
  /** The changed image, relative to the repository. */
  readonly path: string;
  readonly byteOffset: number;
  /** 0 is the lowest. */
  readonly bit: number;
  readonly region: ImageRegionName;
  readonly summary: BootSummary;
}

const ROLE_NAMES = { rom: "boot ROM", root: "root of trust", runtime: "runtime and app" } as const;

/** Columns of a board's name before its lines. */
const NAME_WIDTH = 10;

/** The memory map in short: each image against its budgets. */
export function showBuilds(output: Output, root: string, builds: readonly BuildResult[]): void {
  heading(output, 1, "Build", "TypeScript to a signed image");
  const columns: readonly Column[] = [
    { title: "BOARD" },
    { title: "IMAGE" },
    { title: "FLASH", align: "right" },
    { title: "OF", align: "right" },
    { title: "RAM", align: "right" },
    { title: "OF", align: "right" },
    { title: "LEFT FOR MACHINES", align: "right" },
  ];
  const rows = builds.flatMap(({ board, programs }) =>
    programs.map(({ role, map }) => [
      board.name,
      ROLE_NAMES[role],
      ...[map.flashUsed, map.flashBudget, map.ramUsed, map.ramBudget, map.arena].map(formatByteLength),
    ]),
  );
  output.table(columns, rows);
  output.line();
  for (const { board, image } of builds)
    output.line(
      `${name(board.name)}${relative(root, image.path)}  ${image.version}  ${output.colours.dim(`digest ${short(image.digest)}  signed by ${short(image.key)}`)}`,
    );
}

/** The boot logs as they came, then what they cost. */
export function showBoots(output: Output, boots: readonly MeasuredBoot[]): void {
  heading(output, 2, "Boot", "each stage verifies the next, then runs it");
  for (const { summary } of boots) showLog(output, summary.board, summary.bootLog);
  output.line();
  const columns: readonly Column[] = [
    { title: "INSTRUCTIONS FROM RESET TO" },
    { title: "VERIFIED", align: "right" },
    { title: "RUNTIME START", align: "right" },
    { title: "APP UP", align: "right" },
    { title: "WALL TIME", align: "right" },
    { title: "RAM", align: "right" },
  ];
  const rows = boots.map(({ summary, wallMilliseconds }) => [
    summary.board,
    count(summary.verifiedInstructions),
    count(summary.runtimeStartInstructions),
    count(summary.firstLineInstructions),
    `${(wallMilliseconds / 1000).toFixed(2)} s`,
    summary.ramUsedBytes === null ? "" : formatByteLength(summary.ramUsedBytes),
  ]);
  output.table(columns, rows);
}

/** What was asked and answered. */
export function showTalks(
  output: Output,
  boots: readonly MeasuredBoot[],
  talks: readonly (readonly Exchange[])[],
): void {
  heading(output, 3, "Talk", "the app answers on its serial port");
  talks.forEach((exchanges, index) => {
    for (const { sent, answer } of exchanges)
      output.line(
        `${name(boots[index]?.summary.board ?? "")}${output.colours.cyan(`> ${sent.padEnd(12)}`)} ${output.colours.bold(answer)}`,
      );
  });
}

/** Which bit was changed, and what the root of trust said to it. */
export function showTampering(output: Output, tamperings: readonly Tampering[]): void {
  heading(output, 4, "Tamper", "one flipped bit, and the image does not run");
  for (const { summary, path, byteOffset, bit, region } of tamperings) {
    const place = region === "archive" ? "the app's byte code" : `the ${region}`;
    output.line(
      `${name(summary.board)}${path}: bit ${bit} of byte ${byteOffset.toLocaleString("en-US")}, in ${place}, flipped`,
    );
    showLog(output, summary.board, summary.bootLog);
    output.line(
      `${name(summary.board)}${output.colours.red(`refused: ${summary.error?.code}`)}, and nothing of the image ran`,
    );
  }
}

/** What a newcomer may do next. */
export function showNext(output: Output, tamperings: readonly Tampering[]): void {
  const [first] = tamperings;
  const board = first?.summary.board ?? "";
  output.line();
  output.line(output.colours.bold("Try next"));
  const suggestions: readonly (readonly [string, string])[] = [
    [`./holdfast run --board ${board}`, "talk to the app yourself (temperature, blinks, crash); Ctrl-] quits"],
    [`./holdfast run --board ${board} --once --image ${first?.path}`, "the refusal again"],
    [`./holdfast image show build/${board}/runtime.img`, "what is in a signed image"],
    ["firmware/apps/thermometer/thermometer.ts", "the app: change it, then npm start again"],
    ["npm test", "lint, types, unit tests, and both boards"],
  ];
  const width = Math.max(...suggestions.map(([command]) => command.length));
  for (const [command, purpose] of suggestions)
    output.line(`  ${output.colours.cyan(command.padEnd(width))}  ${purpose}`);
}

function heading(output: Output, number: number, title: string, subject: string): void {
  if (number > 1) output.line();
  output.line(output.colours.bold(`${number}  ${title}: ${subject}`));
}

function showLog(output: Output, board: string, lines: readonly string[]): void {
  for (const line of lines) {
    const text = line.replace(/(?<![0-9a-f])[0-9a-f]{64,}(?![0-9a-f])/g, short);
    output.line(`${name(board)}${output.colours.dim("| ")}${tint(output, text)}`);
  }
}

function tint({ colours }: Output, line: string): string {
  if (/^holdfast (?:rom|root|runtime) (?:refused|stopped|reset)|^holdfast (?:app failed|fault)/.test(line))
    return colours.red(line);
  return /^holdfast (?:rom verified|root verified|app up)/.test(line) ? colours.green(line) : line;
}

function name(board: string): string {
  return board.padEnd(NAME_WIDTH);
}

/** Enough of a hash to tell two apart; --json has all of it. */
function short(hash: string): string {
  return `${hash.slice(0, 8)}..${hash.slice(-4)}`;
}

function count(instructions: number | null): string {
  return instructions === null ? "" : instructions.toLocaleString("en-US");
}
