/** The product as built for real, for board tests: its images, changed and signed again, and what a board makes of them. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import type { Board, Partition } from "../../host-tools/build/board.ts";
import { type BuildResult, buildBoard, imageClass } from "../../host-tools/build/build.ts";
import { confirmedSlot } from "../../host-tools/build/factory-flash.ts";
import { bootBoard } from "../../host-tools/emulator/boot.ts";
import type { BootSummary } from "../../host-tools/emulator/boot-report.ts";
import { signImage } from "../../host-tools/image/sign.ts";
import { memoryImageSource } from "../../host-tools/image/source.ts";
import { vendorIdentifier } from "../../host-tools/image/uuid.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import type { ImageKey } from "../../host-tools/keys/key-file.ts";
import { FLAG_RAM_LOAD } from "../../protocol/image/header.ts";
import type { ImageDescription } from "../../protocol/image/image.ts";
import { type ParsedImage, parseImage } from "../../protocol/image/parse.ts";

/** Absolute path of the repository. */
export const root = resolve(import.meta.dirname, "../..");

const BOOT_MILLISECONDS = 30_000;
/** What the root of trust says when no slot holds an image that it may start. */
export const NO_IMAGE = "no-image";

/** Everything that a board runs, signed by this machine's keys. */
export interface Product {
  readonly build: BuildResult;
  /** The signed runtime image. */
  readonly image: Uint8Array;
  /** The key that signed it. */
  readonly key: ImageKey;
}

/**
 * Builds what is stale.
 * @param other manifest of another root of trust, relative to the repository; it gets its own output folder
 */
export async function buildProduct(board: string, other?: string): Promise<Product> {
  const keys = loadBuildKeys(root);
  const changes =
    other === undefined
      ? {}
      : { manifests: { root: join(root, other) }, folder: join(root, "build", "test", "other-root", board) };
  const build = await buildBoard({ root, board, keys, progress: () => {}, ...changes });
  return { build, image: Uint8Array.from(readFileSync(build.image.path)), key: keys.runtime.signer };
}

function partition(board: Board, name: string): Partition {
  return board.partitions.find((each) => each.name === name) as Partition;
}

/** Where the parts of an image are. */
export function parse(image: Uint8Array): ParsedImage {
  return parseImage(memoryImageSource(image), { slotByteLength: image.length, areaByteLength: 0xffff });
}

/** The image made anew with some fields changed; without changes and with its own key it comes out the same. */
export function remake({ build, image }: Product, changes: Partial<ImageDescription>, key: ImageKey): Uint8Array {
  const { header } = parse(image);
  const { board } = build;
  const vendorId = vendorIdentifier("holdfast");
  const description = {
    payload: image.slice(header.headerByteLength, header.headerByteLength + header.payloadByteLength),
    version: header.version,
    headerByteLength: header.headerByteLength,
    placement: { kind: (header.flags & FLAG_RAM_LOAD) === 0 ? "rom" : "ram", address: header.loadAddress },
    securityCounter: 1,
    softwareType: "runtime",
    vendorId,
    classId: imageClass(board.name, "runtime"),
  } as const;
  return signImage({ ...description, ...changes }, [key]).bytes;
}

/** Boots `image` in place of the built one until the board has turned itself off. */
export async function bootToPowerOff(
  { build }: Product,
  image: Uint8Array,
): Promise<BootSummary & { console: string[] }> {
  const { board, flash } = build;
  const changes = { "runtime-a": confirmedSlot(image, partition(board, "runtime-a").byteLength) };
  const booted = await bootBoard({ board, flash, changes, icount: true, timeoutMs: BOOT_MILLISECONDS });
  try {
    const { emulator, summary } = booted;
    // A board whose app came up runs on until it is closed.
    if (booted.outcome === "failed") expect(await emulator.exited).toMatchObject({ reason: "guest", stderr: "" });
    return { ...summary, console: [...emulator.lines.all] };
  } finally {
    await booted.close();
  }
}

/** Asserts that the root of trust refuses `image` with `code`, and that not one line comes from anything behind it. */
export async function expectRefusal(product: Product, image: Uint8Array, code: string): Promise<void> {
  const { console: lines, ...summary } = await bootToPowerOff(product, image);
  expect(summary, lines.join("\n")).toMatchObject({
    verified: false,
    image: null,
    firstLineInstructions: null,
    error: { code },
  });
  // A slot that holds no image at all is not looked at, so nobody says why.
  const refused = code === NO_IMAGE ? [] : [`holdfast root refused slot=a code=${code}`];
  expect(lines.slice(-2 - refused.length)).toEqual([
    expect.stringMatching(/^holdfast root start /),
    ...refused,
    `holdfast root stopped code=${NO_IMAGE}`,
  ]);
}

/** How `./holdfast` ended. */
export interface CliRun {
  readonly exitCode: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the real command line. */
export function holdfast(args: readonly string[], input = ""): Promise<CliRun> {
  return new Promise((done, fail) => {
    const child = spawn(join(root, "holdfast"), args, { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let error = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (error += text));
    child.on("error", fail);
    child.on("close", (exitCode) => done({ exitCode, out, error }));
    child.stdin.end(input);
  });
}

/** The one JSON object on standard output. */
export function onlyObject({ out, error }: CliRun): Record<string, unknown> {
  const lines = out.split("\n");
  expect(lines, error).toHaveLength(2);
  expect(lines[1]).toBe("");
  return JSON.parse(lines[0] ?? "") as Record<string, unknown>;
}
