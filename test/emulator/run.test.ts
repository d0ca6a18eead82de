/** Tests of `holdfast run` with a guest that plays the boot: results, exit codes, terminal. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { boardNames, loadBoard } from "../../host-tools/build/board.ts";
import { type PrepareFlash, runVerb } from "../../host-tools/cli/commands/run.ts";
import { runProgram } from "../../host-tools/cli/main.ts";
import { Output } from "../../host-tools/cli/output.ts";
import { createFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { echoGuest } from "./echo-guest.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "holdfast-run-test-"));
const temporary = join(folder, "temporary");
const temporaryBefore = process.env.TMPDIR;
beforeAll(() => {
  mkdirSync(temporary);
  process.env.TMPDIR = temporary;
});
afterEach(() => expect(readdirSync(temporary), "files left behind by a run").toEqual([]));
afterAll(() => {
  if (temporaryBefore === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = temporaryBefore;
  rmSync(folder, { recursive: true });
});

const hash = "0a".repeat(32);
const verified = `holdfast rom verified slot=a start=confirmed version=1.0.0 digest=${hash} key=${hash} instructions=5\r\nholdfast root verified slot=a start=confirmed version=1.0.0 digest=${hash} key=${hash} instructions=10\r\n`;
const good = `${verified}holdfast runtime start instructions=20\r\nholdfast app up name=a instructions=30 ram=40\r\n`;

let builtApp: string | undefined;

async function run(text: string, args: readonly string[], input = new PassThrough()) {
  const prepare: PrepareFlash = async ({ board, app }) => {
    builtApp = app;
    return createFlashFiles(board, join(folder, board.name), { rom: echoGuest(board, text) });
  };
  let out = "";
  let error = "";
  const output = new Output({
    json: args.includes("--json"),
    out: { write: (part) => (out += part) },
    error: { write: (part) => (error += part) },
    colour: false,
  });
  const exitCode = await runProgram({ output, root }, ["run", ...args], [runVerb(prepare, input)]);
  return { exitCode, out, error };
}

describe.each(boardNames(root))("holdfast run --board %s", (name) => {
  it("prints one JSON object and exits 0 when the app came up", async () => {
    const { exitCode, out } = await run(good, ["--board", name, "--once", "--json"]);
    expect(exitCode).toBe(0);
    expect(out.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({
      board: name,
      verified: true,
      image: { version: "1.0.0", digest: hash, key: hash },
      firstLineInstructions: 30,
      ramUsedBytes: 40,
    });
  });

  it("prints verified: false with the root of trust's code and exits 1 when the image is refused", async () => {
    const refused = "holdfast root refused slot=a code=digest-mismatch\r\nholdfast root stopped code=no-image\r\n";
    const { exitCode, out, error } = await run(refused, ["--board", name, "--once", "--json"]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      board: name,
      verified: false,
      image: null,
      error: { code: "digest-mismatch" },
    });
    expect(error).toContain("holdfast: the root of trust refused the image in slot a: digest-mismatch");
  });

  it("exits 3 when nothing happens in time", async () => {
    const { exitCode, out } = await run("silence\r\n", ["--board", name, "--once", "--json", "--timeout", "0.5"]);
    expect(exitCode).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ verified: false, error: { code: "timeout" } });
  });

  it("passes piped input on and ends with the board", async () => {
    const input = new PassThrough();
    input.write("hiq");
    const { exitCode, out } = await run(good, ["--board", name], input);
    expect(exitCode).toBe(0);
    expect(out).toContain("ram=40\r\nhiq");
    expect(out).toContain(`${name}   verified 1.0.0, app up, 40 bytes of RAM`);
  });

  it("gives the terminal back after Ctrl-]", async () => {
    const modes: boolean[] = [];
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
    input.write("\x03\x1dnever sent");
    const { exitCode, out } = await run(good, ["--board", name], input);
    expect(exitCode).toBe(0);
    expect(modes).toEqual([true, false]);
    expect(out).not.toContain("never sent");
  });

  it("boots a given image in place of the built one and leaves the built files alone", async () => {
    const image = join(folder, "given.img");
    writeFileSync(image, "a given image");
    const { exitCode } = await run(good, ["--board", name, "--once", "--image", image]);
    expect(exitCode).toBe(0);
    for (const { name: bank } of loadBoard(root, name).flash)
      expect(readFileSync(join(folder, name, `${bank}.img`)).includes("a given image")).toBe(false);
  });

  it("builds the app that was named, else the project's", async () => {
    await run(good, ["--board", name, "--once", "--app", "my-app/manifest.json"]);
    expect(builtApp).toBe(resolve("my-app/manifest.json"));
    await run(good, ["--board", name, "--once"]);
    expect(builtApp).toBeUndefined();
  });

  it.each([
    [["--image", "absent.img"], "image-unreadable"],
    [["--timeout", "soon"], "usage"],
    [["--board", "virt-z80"], "board-not-found"],
  ])("exits 2 for %j", async (args, code) => {
    const { exitCode, out } = await run(good, ["--board", name, "--json", ...args]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(out).error.code).toBe(code);
  });

  it("refuses an image that is larger than its slot", async () => {
    const image = join(folder, "large.img");
    writeFileSync(image, Buffer.alloc(2 * 1024 * 1024));
    const { exitCode, out } = await run(good, ["--board", name, "--once", "--json", "--image", image]);
    expect([exitCode, JSON.parse(out).error.code]).toEqual([2, "image-too-large"]);
  });
});
