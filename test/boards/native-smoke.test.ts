/** Start-up code, memory protection, fault reports and native cryptography on both emulated boards, without XS. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Board, boardNames, loadBoard, type SlotRole } from "../../host-tools/build/board.ts";
import { Emulator } from "../../host-tools/emulator/emulator.ts";
import { createFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { smokePayload, writeVectors } from "./native-smoke/image.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "holdfast-native-smoke-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Broken rule, then what the report's line must say on virt-a7 and on virt-rv32. */
const FAULTS: readonly (readonly [rule: string, arm: RegExp, riscv: RegExp])[] = [
  [
    "store-to-text",
    /data-abort .*region=text .*access=write detail=permission/,
    /store-access .*region=text .*access=write/,
  ],
  [
    "store-to-constants",
    /data-abort .*region=rodata .*access=write detail=permission/,
    /store-access .*region=rodata .*access=write/,
  ],
  [
    "store-to-nowhere",
    /data-abort address=0xf0000000 region=unmapped .*detail=not-mapped/,
    /store-access address=0xf0000000 region=unmapped/,
  ],
  [
    "null-read",
    /data-abort address=0x00000000 region=null .*access=read/,
    /load-access address=0x00000000 region=null .*access=read/,
  ],
  [
    "execute-data",
    /prefetch-abort .*region=data .*access=execute detail=permission/,
    /instruction-access .*region=data .*access=execute/,
  ],
  [
    "execute-stack",
    /prefetch-abort .*region=stack .*access=execute detail=permission/,
    /instruction-access .*region=stack .*access=execute/,
  ],
  ["undefined", /undefined .*region=text .*access=execute/, /illegal-instruction .*region=text .*access=execute/],
  [
    "stack-overflow",
    /data-abort .*region=\w+-stack-guard .*access=write/,
    /store-access .*region=unmapped .*access=write/,
  ],
  ["fatal", /test-says-so .*region=text .*detail=software/, /test-says-so .*region=text .*detail=software/],
];

/**
 * What QEMU 7.2 does not enforce in the ROM of virt-rv32: as long as mseccfg.RLB is set, it takes no PMP entry for locked, and
 * only locked ones bind machine mode.
 */
const NOT_ENFORCED: readonly string[] = ["store-to-text", "store-to-constants", "execute-data", "execute-stack"];

/** Bytes of the archive and of the unsigned tail behind it. */
const RETURNS_LENGTH = 0x800;

/**
 * A slot: as much of an MCUboot header as the test reads, the code, and behind it an archive and an unsigned
 * tail that hold nothing but instructions to return.
 */
function slotWithReturns(board: Board, role: SlotRole, payload: Uint8Array): Uint8Array {
  const header = Buffer.alloc(board.roles[role].headerByteLength);
  const code = Buffer.alloc(Math.ceil(payload.length / 16) * 16);
  code.set(payload);
  code.writeUInt32LE(RETURNS_LENGTH, 16);
  header.writeUInt32LE(code.length + RETURNS_LENGTH, 12);
  const returns = Buffer.alloc(2 * RETURNS_LENGTH);
  for (let offset = 0; offset < returns.length; offset += 4)
    returns.writeUInt32LE(board.cpu.arch === "armv7-a" ? 0xe12fff1e : 0x00008067, offset);
  return Buffer.concat([header, code, returns]);
}

describe.each(boardNames(root))("native code on %s", (name) => {
  const board = loadBoard(root, name);
  let rom: Uint8Array;
  let rootSlot: Uint8Array;
  let slot: Uint8Array;

  beforeAll(async () => {
    const objects = join(folder, name);
    writeVectors(objects);
    rom = await smokePayload(root, board, "rom", objects);
    rootSlot = slotWithReturns(board, "root", await smokePayload(root, board, "root", objects));
    slot = slotWithReturns(board, "runtime", await smokePayload(root, board, "runtime", objects));
  }, 240_000);

  /** Runs to power-off with the scenario in the state partition. */
  async function lines(
    scenario: string,
    machine: Board = board,
  ): Promise<{ readonly lines: readonly string[]; readonly code: number | null }> {
    const state = Buffer.alloc(32);
    state.write(scenario);
    const contents = { rom, "root-a": rootSlot, "runtime-a": slot, state };
    const flash = createFlashFiles(board, join(folder, name), contents);
    const emulator = await Emulator.start({ board: machine, flash, icount: true, timeoutMs: 15_000 });
    const exit = await emulator.exited;
    expect(exit.reason, `${scenario}: ${emulator.lines.all.join("\n")}`).toBe("guest");
    return { lines: emulator.lines.all, code: exit.code };
  }

  /** The number behind `key=` in the first line that has it. */
  const number = (all: readonly string[], key: string) => Number(new RegExp(`${key}=(\\d+)`).exec(all.join("\n"))?.[1]);

  it("boots, verifies known answers, wakes on the timer and hands over from stage to stage", async () => {
    const { lines: all, code } = await lines("runtime:none");
    expect(code).toBe(0);
    expect(all.filter((line) => line.includes("BAD"))).toEqual([]);
    expect(all.filter((line) => /^smoke [\w-]+=ok$/.test(line)).length).toBe(12 + 13 + 13);
    expect(all).toContain("smoke hand-over=ok");
    // Signed lengths: any, then none, the header, all but a byte of the code, all but a byte of the archive, 4 GiB.
    const refusals = [
      "smoke refused=an address where this board runs images",
      "smoke refused=a payload that fits its place",
      "smoke refused=code inside the signed payload",
      "smoke refused=code inside the signed payload",
      "smoke refused=an archive inside the signed payload",
      "smoke refused=a payload that fits its place",
    ];
    expect(all.filter((line) => line.startsWith("smoke refused="))).toEqual([...refusals, ...refusals]);
    const ends = all.find((line) => line.startsWith("smoke end")) ?? "";
    expect(ends).toMatch(/instructions=\d+$/);
  }, 90_000);

  it("counts the same instructions in every run, sleep left out", async () => {
    const [first, second] = [(await lines("rom:none")).lines, (await lines("rom:none")).lines];
    expect(first).toEqual(second);
    expect(number(first, `role=rom board=${name} instructions`)).toBeLessThan(100_000);
    expect(number(first, "verify-instructions")).toBeGreaterThan(1_000_000);
    expect(number(first, "verify-instructions")).toBeLessThan(35_000_000);
    // A tenth of a second asleep is 100 million instructions' worth of time.
    expect(number(first, "awake-instructions")).toBeLessThan(10_000);
  }, 90_000);

  describe.each(["rom", "root", "runtime"] as const)("in the %s role reports", (role) => {
    const isEnforced = (rule: string) => role !== "rom" || board.cpu.arch === "armv7-a" || !NOT_ENFORCED.includes(rule);

    it.each(FAULTS.filter(([rule]) => isEnforced(rule)))(
      "%s",
      async (rule, arm, riscv) => {
        const { lines: all, code } = await lines(`${role}:${rule}`);
        const report = all.filter((line) => line.startsWith("holdfast fault "));
        expect(report.length, all.join("\n")).toBe(1);
        expect(report[0]).toMatch(board.cpu.arch === "armv7-a" ? arm : riscv);
        expect(report[0]).toMatch(
          new RegExp(
            `^holdfast fault cause=\\S+ address=0x\\w{8} region=\\S+ pc=0x\\w{8} lr=0x\\w{8} status=0x\\w{8} access=\\S+ detail=\\S+ role=${role}$`,
          ),
        );
        expect(all.some((line) => /^ {2}sp=0x/.test(line))).toBe(true);
        expect(all.some((line) => line.startsWith("smoke end"))).toBe(false);
        // Registers of the stages that hold secrets stay out of the report.
        const hasRegisters = role === "runtime" && rule !== "fatal";
        expect(all.some((line) => /^ {2}\w+=0x\w{8} \w+=0x/.test(line))).toBe(hasRegisters);
        expect(all.includes("holdfast root reset cause=fault")).toBe(role === "root");
        // A reset ends the emulator with 0, and virt-a7 can only power off.
        expect(code).toBe(board.power.driver === "sifive-test" && role !== "root" ? 1 : 0);
      },
      90_000,
    );
  });

  it.each(["archive", "tail"])(
    "keeps the runtime from executing the %s behind its code",
    async (part) => {
      const { lines: all } = await lines(`runtime:execute-${part}`);
      const codeEnd = board.roles.runtime.image.base + slot.length - 2 * RETURNS_LENGTH;
      const target = codeEnd + (part === "tail" ? RETURNS_LENGTH : 0);
      const report = all.filter((line) => line.startsWith("holdfast fault "));
      expect(report.length, all.join("\n")).toBe(1);
      expect(report[0]).toMatch(/^holdfast fault cause=(?:prefetch-abort|instruction-access) .*access=execute /);
      expect(report[0]).toContain(` address=0x${target.toString(16).padStart(8, "0")} `);
      expect(all.some((line) => line.startsWith("smoke end"))).toBe(false);
    },
    90_000,
  );

  it("keeps the runtime from writing the other slot", async () => {
    const { lines: all } = await lines("runtime:write-other-slot");
    expect(all.find((line) => line.startsWith("holdfast fault "))).toContain("region=runtime-b");
  }, 90_000);

  // Smepmp survives QEMU's warm reset, and what the root of trust has set forbids the reset ROM: a new process is the only start.
  it.each(board.cpu.arch === "armv7-a" ? ["rom", "root", "runtime"] : ["rom"])(
    "starts again after a warm reset out of the %s role, whatever the first run locked",
    async (role) => {
      const machineArgs = board.emulator.machineArgs.filter((argument) => argument !== "-no-reboot");
      const { lines: all, code } = await lines(`reset:${role}`, {
        ...board,
        emulator: { ...board.emulator, machineArgs },
      });
      expect(all.filter((line) => line === "smoke resetting").length).toBe(1);
      expect(all.filter((line) => line.startsWith("smoke role=rom")).length, all.join("\n")).toBe(2);
      expect(all.filter((line) => line.includes("BAD") || line.includes("fault"))).toEqual([]);
      expect(all.at(-1)).toMatch(/^smoke end/);
      expect(code).toBe(0);
    },
    90_000,
  );
});
