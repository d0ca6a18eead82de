/** The product on both boards: boots verified, counts alike each time, answers, blinks, and says where it crashed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { type BootedBoard, bootBoard } from "../../host-tools/emulator/boot.ts";
import { imageRegions } from "../../host-tools/image/image-regions.ts";
import { bootToPowerOff, buildProduct, holdfast, onlyObject, type Product, parse, remake, root } from "./product.ts";

const ANSWER_MILLISECONDS = 10_000;

/** Frames of the app's `crash` command: function, file, and what the source says on the line that the frame names. */
const APP = "firmware/apps/thermometer/thermometer.ts";
const CRASH_FRAMES: readonly (readonly [name: string, file: string, source: string])[] = [
  ["#reply", APP, 'throw new RangeError("asked to crash on the serial port")'],
  ["#answer", APP, "this.#reply(command)"],
  ["#receive", APP, "this.#answer(serial, command)"],
  ["receive", APP, "this.#receive(serial)"],
  ["onReadable", APP, "receive(this)"],
];

const running = new Set<BootedBoard>();
afterEach(async () => {
  for (const booted of running) await booted.close();
  running.clear();
});

describe.each(boardNames(root))("%s", (name) => {
  let product: Product;
  beforeAll(async () => {
    product = await buildProduct(name);
  }, 240_000);

  /** Boots the product and leaves it running, in real time. */
  async function boot(extraArgs: readonly string[] = []): Promise<BootedBoard> {
    const { board, flash } = product.build;
    const booted = await bootBoard({ board, flash, icount: false, timeoutMs: 30_000, lifeMs: 60_000, extraArgs });
    running.add(booted);
    expect(booted.outcome, booted.emulator.lines.all.join("\n")).toBe("up");
    return booted;
  }

  async function ask({ emulator }: BootedBoard, command: string): Promise<string> {
    emulator.write(`${command}\n`);
    return emulator.waitForLine(() => true, ANSWER_MILLISECONDS);
  }

  it("boots verified through the command line, with nearly the same counts each time", async () => {
    const runs = [
      await holdfast(["run", "--board", name, "--once", "--json"]),
      await holdfast(["run", "--board", name, "--once", "--json"]),
    ];
    const [first, second] = runs.map(onlyObject);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const { digest, key } = product.build.image;
    expect(first).toMatchObject({
      board: name,
      verified: true,
      image: { version: expect.stringMatching(/^\d+\.\d+\.\d+\+\d+$/), digest, key },
      verifiedInstructions: expect.any(Number),
      runtimeStartInstructions: expect.any(Number),
      firstLineInstructions: expect.any(Number),
      ramUsedBytes: expect.any(Number),
    });
    const counts = first as Record<string, number>;
    const again = second as Record<string, number>;
    // What the ROM and the root of trust poll, the emulator answers when the host has time (docs/measurements.md).
    const stages = ["verifiedInstructions", "runtimeStartInstructions", "firstLineInstructions"] as const;
    for (const stage of stages) {
      const [one = 0, other = 0] = [counts[stage], again[stage]];
      expect(Math.abs(one - other), stage).toBeLessThan(0.03 * one);
    }
    const words = (run: unknown) => JSON.stringify(run).replaceAll(/nstructions("?[:=])\d+/g, "nstructions$1");
    expect(words(again)).toBe(words(counts));
    expect(counts.verifiedInstructions).toBeLessThan(counts.runtimeStartInstructions ?? 0);
    expect(counts.runtimeStartInstructions).toBeLessThan(counts.firstLineInstructions ?? 0);
    expect(counts.ramUsedBytes).toBeLessThan(product.build.board.budgets.runtime.ramByteLength);
  });

  it("answers commands on its serial port, also in pieces and after nonsense", async () => {
    const booted = await boot();
    expect(await ask(booted, "temperature")).toMatch(/^temperature -?\d+\.\d\d C$/);
    expect(await ask(booted, "temporature")).toBe("commands: temperature, blinks, crash");
    booted.emulator.write(`${"x".repeat(65)}\n\r\n`);
    booted.emulator.write("tempe");
    await new Promise((done) => setTimeout(done, 50));
    expect(await ask(booted, "rature\r")).toMatch(/^temperature /);
  });

  it("blinks twice a second", async () => {
    // Only virt-a7 has a light; the emulator tells of each change of its pin.
    const hasLight = product.build.board.devices.some((device) => device.name === "gpio");
    const booted = await boot(hasLight ? ["-trace", "pl061_set_output"] : []);
    const blinks = async () => Number(/^blinks (\d+)$/.exec(await ask(booted, "blinks"))?.[1]);
    const began = performance.now();
    const before = await blinks();
    await new Promise((done) => setTimeout(done, 1_600));
    const after = await blinks();
    const expected = (performance.now() - began) / 500;
    expect(after - before).toBeGreaterThanOrEqual(2);
    expect(after - before).toBeLessThanOrEqual(Math.ceil(expected));
    await booted.close();
    if (!hasLight) return;
    const { stderr } = await booted.emulator.exited;
    const levels = [...stderr.matchAll(/device\[\d+\] setting output 0 to ([01])/g)].map(([, level]) => level).join("");
    // Reset drives each of the two PL061 low; then the light goes on, off, on.
    expect(levels).toMatch(/^00(10)+1?$/);
    expect(levels.length - 2).toBeGreaterThanOrEqual(before + 2);
  });

  it("reports an uncaught error in a callback with its frames and turns itself off", async () => {
    const booted = await boot();
    booted.emulator.write("crash\n");
    const exit = await booted.emulator.exited;
    expect(exit).toMatchObject({ reason: "guest", stderr: "" });
    const lines = booted.emulator.lines.all;
    const start = lines.indexOf("holdfast runtime stopped code=unhandled-exception");
    expect(lines[start + 1], lines.join("\n")).toBe("RangeError: asked to crash on the serial port");
    const frames = lines.slice(start + 2);
    CRASH_FRAMES.forEach(([wanted, file, source], index) => {
      const [, frame, path, line] = /^ {4}at (\S+) \((.+):(\d+)\)$/.exec(frames[index] ?? "") ?? [];
      expect([frame, path], frames[index]).toEqual([wanted, file]);
      expect(sourceLine(file, Number(line))).toContain(source);
    });
    // The rest is the runtime's own way from the interrupt to the app: each line that is named must hold a call.
    const rest = frames.slice(CRASH_FRAMES.length).filter((frame) => frame.includes(".ts:"));
    expect(rest.at(-1)).toMatch(/^ {4}at \(firmware\/main\.ts:\d+\)$/);
    expect(rest.at(-2)).toMatch(/^ {4}at turn \(hal\/drivers\/event-loop\/event-loop\.ts:\d+\)$/);
    for (const frame of rest) {
      const [, path = "", line] = /\((.+):(\d+)\)$/.exec(frame) ?? [];
      expect(sourceLine(path, Number(line)), frame).toMatch(/\w\(|call/);
    }
  });

  it("ends a session with exit code 1 when the runtime stops", async () => {
    const run = await holdfast(["run", "--board", name, "--json"], "temperature\ncrash\n");
    expect(run.exitCode, run.error).toBe(1);
    expect(onlyObject(run)).toMatchObject({
      verified: true,
      ramUsedBytes: expect.any(Number),
      error: { code: "unhandled-exception", message: expect.stringContaining("asked to crash on the serial port") },
    });
  });

  it.each<[string, number, string]>([
    ["magic", 0, "archive-magic"],
    ["version", 4, "archive-version"],
    ["length", 8, "archive-length"],
    ["root hash, first byte", 32, "archive-root-mismatch"],
    ["root hash, last byte", 63, "archive-root-mismatch"],
  ])("refuses an archive with another %s although it is signed", async (_field, byte, code) => {
    const { image, key } = product;
    const { headerByteLength, payloadByteLength } = parse(image).header;
    const payload = image.slice(headerByteLength, headerByteLength + payloadByteLength);
    const archive = imageRegions(image).find((region) => region.name === "archive")?.offset ?? 0;
    const place = archive - headerByteLength + byte;
    payload[place] = (payload[place] ?? 0) ^ 1;
    const { console: lines, ...summary } = await bootToPowerOff(product, remake(product, { payload }, key));
    expect(summary, lines.join("\n")).toMatchObject({ verified: true, firstLineInstructions: null, error: { code } });
    expect(lines.at(-1)).toBe(`holdfast runtime refused code=${code}`);
  });

  it("ends a session with exit code 3 when its time is over, and talks before", async () => {
    const run = await holdfast(["run", "--board", name, "--timeout", "5"], "temperature\n");
    expect(run.exitCode, run.error).toBe(3);
    expect(run.out).toMatch(/temperature -?\d+\.\d\d C/);
  });
});

describe("holdfast start", () => {
  it("shows every board booting verified and refusing a flipped bit, then ends by itself", async () => {
    const run = await holdfast(["start", "--json"]);
    expect(run.exitCode, run.error).toBe(0);
    const { boards } = onlyObject(run) as { boards: { board: string }[] };
    expect(boards.map(({ board }) => board)).toEqual(boardNames(root));
    for (const board of boards)
      expect(board).toMatchObject({
        boot: { summary: { verified: true, firstLineInstructions: expect.any(Number) } },
        serial: expect.arrayContaining([{ sent: "temperature", answer: expect.stringMatching(/^temperature \d/) }]),
        tampered: { region: "archive", summary: { verified: false, error: { code: "digest-mismatch" } } },
      });
  }, 240_000);

  it("tells the same to a person, without colour when that is no terminal", async () => {
    const run = await holdfast(["start"]);
    expect(run.exitCode, run.error).toBe(0);
    expect(run.out).not.toContain("\x1b");
    expect(run.out.split("\n").filter((line) => /^\d {2}\w+: /.test(line))).toHaveLength(4);
    for (const name of boardNames(root)) {
      const lines = run.out.split("\n").filter((line) => line.startsWith(name));
      expect(lines.join("\n")).toMatch(
        /\| holdfast rom verified .*\n(?:.*\n)*.*\| holdfast root verified .*\n.*\| holdfast runtime start .*\n.*\| holdfast app up /,
      );
      expect(lines.join("\n")).toMatch(/\d+,\d{3},\d{3} .* \d+\.\d\d s {2}.* KiB$/m);
      expect(lines.at(-1)).toBe(`${name.padEnd(10)}refused: digest-mismatch, and nothing of the image ran`);
    }
  }, 240_000);
});

function sourceLine(path: string, line: number): string {
  return readFileSync(join(root, path), "utf8").split("\n")[line - 1] ?? "";
}
