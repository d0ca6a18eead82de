/** What user mode, and the root of trust itself, cannot do on virt-rv32: the board's own C and assembly, without XS. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBoard } from "../../host-tools/build/board.ts";
import type { Slot } from "../../host-tools/build/linker-script.ts";
import { Emulator } from "../../host-tools/emulator/emulator.ts";
import { createFlashFiles, type FlashContents } from "../../host-tools/emulator/flash-image.ts";
import { runCommand } from "../../host-tools/setup/run-command.ts";
import { worldImage } from "./worlds/virt-rv32/image.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "holdfast-worlds-"));
afterAll(() => rmSync(folder, { recursive: true }));

const board = loadBoard(root, "virt-rv32");
/** Instructions to return: what is executable behind the code comes back. */
const RETURNS = new Uint8Array(new Uint32Array(64).fill(0x0000_8067).buffer);
const SECRET = Uint8Array.of(0x78, 0x56, 0x34, 0x12);

const EXECUTE_FAULT = "1";
const ILLEGAL = "2";
const BREAKPOINT = "3";
const LOAD_FAULT = "5";
const STORE_FAULT = "7";

let images: FlashContents;
let imagesOfSlotB: FlashContents;

beforeAll(async () => {
  const here = join(import.meta.dirname, "worlds", "virt-rv32");
  const build = (role: "rom" | "root" | "runtime", slot: Slot, ...sources: string[]) =>
    worldImage({
      root,
      board,
      role,
      slot,
      sources: sources.map((name) => join(here, name)),
      folder,
      behind: RETURNS,
    });
  images = {
    rom: await build("rom", "a", "stages.c"),
    "root-a": await build("root", "a", "stages.c"),
    "runtime-a": await build("runtime", "a", "hostile.c", "registers.S"),
    "device-secret": SECRET,
  };
  imagesOfSlotB = {
    rom: images.rom as Uint8Array,
    "root-b": await build("root", "b", "stages.c"),
    "runtime-b": await build("runtime", "b", "hostile.c", "registers.S"),
    "device-secret": SECRET,
  };
}, 120_000);

/** The console of a run to its end, which is the program's own. */
async function lines(scenario: string, contents: FlashContents = images): Promise<readonly string[]> {
  const text = Buffer.alloc(32);
  text.write(scenario);
  const flash = createFlashFiles(board, folder, { ...contents, lifecycle: text });
  const emulator = await Emulator.start({ board, flash, icount: true, timeoutMs: 8_000 });
  const exit = await emulator.exited;
  expect(exit.reason, `${scenario}: ${emulator.lines.all.join("\n")}`).toBe("guest");
  return emulator.lines.all;
}

describe("the first stage of virt-rv32", () => {
  it("hands over the block and nothing else, and locks for good", async () => {
    const all = await lines("nothing");
    expect(all).toContain("world rom secret=12345678");
    expect(all).toContain("world root left-over=0 handed-over=yes");
    // The device secret's entry, no new entry 12, MML and MMWP without RLB.
    expect(all).toContain("world locks pmpaddr0=08927fff pmpcfg0=9d8d8098 pmpcfg3=9b9b1a00 mseccfg=3");
    expect(all).toContain("world flash=ok");
    expect(all.at(-1)).toBe("world power-off code=7");
  });
});

describe("slot B of virt-rv32", () => {
  it("runs both stages as slot A does", async () => {
    const all = await lines("flash-left-busy", imagesOfSlotB);
    expect(all).toContain("world locks pmpaddr0=08927fff pmpcfg0=9d8d8098 pmpcfg3=9b9b1a00 mseccfg=3");
    expect(all).toContain("flash own-bank=1");
    expect(all.at(-1)).toBe("world power-off code=7");
  });

  it("is held to the same rules", async () => {
    const fault = (all: readonly string[]) => all.find((line) => line.startsWith("holdfast fault "));
    expect(fault(await lines("write-own-code", imagesOfSlotB))).toMatch(
      /cause=store-access address=0x2208\w+ region=text /,
    );
    expect(fault(await lines("execute-behind-own-code", imagesOfSlotB))).toMatch(
      /cause=instruction-access .*=archive /,
    );
    expect(fault(await lines("default-handler", imagesOfSlotB))).toMatch(
      /cause=load-access .*region=state .*role=runtime$/,
    );
  });
});

describe("the code that programs the flash it came from", () => {
  it("calls nothing that lies elsewhere", async () => {
    const elf = join(folder, "root-a", "world.elf");
    const { stdout } = await runCommand(`${board.cpu.compilerPrefix}objdump`, ["-d", "-j", ".ram_text", elf]);
    const instructions = stdout.split("\n").filter((line) => /^\s*[0-9a-f]{8}:/.test(line));
    expect(instructions.length).toBeGreaterThan(20);
    expect(instructions.filter((line) => /\b(?:jalr?|auipc|call|tail)\b/.test(line))).toEqual([]);
  });
});

describe("the root of trust of virt-rv32 faults when it tries to", () => {
  it.each([
    ["read-device-secret", "load-access", "device-secret"],
    ["read-last-of-device-secret", "load-access", "device-secret"],
    ["write-device-secret", "store-access", "device-secret"],
    ["write-own-code", "store-access", "text"],
    ["write-flash-routine", "store-access", "flash-routine"],
    ["write-rom", "store-access", "rom"],
    ["read-storage", "load-access", "storage"],
    ["read-dma-device", "load-access", "virtio0"],
    ["read-dma-memory", "load-access", "dma"],
    ["execute-own-data", "instruction-access", "data"],
    ["execute-behind-own-code", "instruction-access", "archive"],
    ["execute-user-code", "instruction-access", "runtime-a"],
    ["execute-user-memory", "instruction-access", "runtime-ram"],
    ["overflow-stack", "store-access", "unmapped"],
    ["read-null", "load-access", "null"],
  ])("%s", async (scenario, cause, region) => {
    const all = await lines(scenario);
    const report = all.filter((line) => line.startsWith("holdfast fault "));
    expect(report.length, all.join("\n")).toBe(1);
    expect(report[0]).toMatch(new RegExp(`cause=${cause} address=0x\\w+ region=${region} .* role=root$`));
    expect(all.filter((line) => line.startsWith("read ") || line.startsWith("hostile "))).toEqual([]);
  });
});

describe("user mode of virt-rv32", () => {
  let attempts: readonly { what: string; address: string; outcome: string }[];

  beforeAll(async () => {
    const all = await lines("everything");
    attempts = all.flatMap((line) => {
      const match = /^try (\S+) (\w+) (.*)$/.exec(line);
      return match === null ? [] : [{ what: match[1] ?? "", address: match[2] ?? "", outcome: match[3] ?? "" }];
    });
    expect(all.at(-1)).toBe("world power-off code=7");
  }, 60_000);

  const outcomes = (what: string) => attempts.filter((each) => each.what === what);

  it.each([
    ["load", LOAD_FAULT],
    ["store", STORE_FAULT],
    ["execute", EXECUTE_FAULT],
  ])("faults at every %s outside its own memory", (what, cause) => {
    expect(outcomes(what).length).toBe(34);
    for (const { address, outcome } of outcomes(what))
      expect(`${address} ${outcome}`).toBe(`${address} cause=${cause} value=${address}`);
  });

  it.each([
    ["load-straddling", LOAD_FAULT, 2],
    ["store-own", STORE_FAULT, 4],
    ["execute-own", EXECUTE_FAULT, 7],
  ])("faults at every %s", (what, cause, count) => {
    expect(outcomes(what).length).toBe(count);
    for (const { address, outcome } of outcomes(what))
      expect(`${address} ${outcome}`).toMatch(new RegExp(`^${address} cause=${cause} `));
  });

  it("cannot use an instruction that belongs to machine mode", () => {
    const rest = attempts.filter(({ what }) => !/^(?:load|store|execute|may)/.test(what));
    expect(rest.length).toBe(32);
    for (const { what, outcome } of rest)
      expect(`${what} ${outcome.split(" ")[0]}`).toBe(`${what} cause=${what === "ebreak" ? BREAKPOINT : ILLEGAL}`);
  });

  it("may use what is its own", () => {
    const allowed = attempts.filter(({ what }) => what.startsWith("may-"));
    expect(allowed.length).toBe(9);
    expect(allowed.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 9 }, () => "none"));
  });
});

describe("the monitor of virt-rv32", () => {
  it("answers services and calls, and changes nothing but the answer's registers", async () => {
    const all = await lines("services");
    const starting = (text: string) => all.filter((line) => line.startsWith(text));
    expect(starting("state ").map((line) => line.split("status=")[1])).toEqual([...Array(10).fill("2"), "0"]);
    expect(starting("number ").map((line) => line.split("status=")[1])).toEqual(Array(7).fill("1"));
    expect(all).toContain("echo 1234");
    expect(starting("registers ").map((line) => line.split("changed=")[1])).toEqual(Array(6).fill("0,0"));
    expect(all).toContain("timer woke=in-time");
    expect(all).toContain("timer past=at-once");
    expect(all.at(-1)).toBe("world power-off code=7");
  });

  it.each(["endless-loop", "endless-sleep", "late-timers", "early-timers", "call-flood", "fault-flood"])(
    "stops an %s when the watchdog says so",
    async (scenario) => {
      const all = await lines(scenario);
      expect(all.at(-1)).toMatch(/^world watchdog milliseconds=2[01]$/);
    },
  );

  it.each([
    ["fault-in-handler", /^world fault cause=1 address=80000000 pc=80000000$/],
    ["fault-unhandled", /^world fault cause=5 address=22300000 pc=221\w+$/],
  ])("stops a runtime with %s", async (scenario, last) => {
    expect((await lines(scenario)).at(-1)).toMatch(last);
  });

  it("gives a fault to the runtime, which reports it and asks to be switched off", async () => {
    const all = await lines("default-handler");
    expect(all.filter((line) => line.startsWith("holdfast fault "))).toEqual([
      expect.stringMatching(/cause=load-access address=0x22300000 region=state .*role=runtime$/),
    ]);
    expect(all.at(-1)).toBe("world power-off code=1");
    const odd = await lines("jump-odd");
    expect(odd.find((line) => line.startsWith("holdfast fault "))).toMatch(
      /cause=instruction-access address=0x8003fffe /,
    );
  });

  it("uses its flash whatever state the runtime's is left in", async () => {
    expect(await lines("flash-left-busy")).toContain("flash own-bank=1");
  });
});
