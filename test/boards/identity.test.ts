/** The proof of identity on both boards: known answers of Open DICE, evidence as the host makes it, and vectors for every native. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { copyFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { bootDeviceProgram, buildDeviceProgram, type DeviceRun, root } from "./device-program.ts";
import { RECORD_KINDS, type RecordKind, type VectorRecord } from "./identity/records.ts";
import { encodeRecords, identityVectors } from "./identity/vectors.ts";

const records = identityVectors();
const countOf = (kind: RecordKind): number => records.filter((record: VectorRecord) => record.kind === kind).length;
/** Instructions, a tenth above what was measured on virt-a7 and virt-rv32: a second point multiplication would be seen. */
const COST_LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  "enter-root-of-trust": [33e6, 51e6],
  attester: [0.1e6, 0.1e6],
  "first-attest": [35e6, 53e6],
  attest: [12.5e6, 18.7e6],
  "random-32": [0.7e6, 0.8e6],
  "seal-1k": [1e6, 1.2e6],
};

describe.each(boardNames(root))("identity on %s", (board) => {
  let run: DeviceRun;
  beforeAll(async () => {
    const built = await buildDeviceProgram(board, "boards/identity");
    const scratch = mkdtempSync(join(tmpdir(), "holdfast-test-"));
    try {
      const flash = copyFlashFiles(built.board, built.flash, scratch, { storage: encodeRecords(records) });
      run = await bootDeviceProgram({ board: built.board, flash, timeoutMs: 180_000 });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }, 400_000);

  it("runs to its end, and every vector passes", () => {
    expect(run.done, run.console.slice(-20).join("\n")).toBe(true);
    expect(run.tests.filter(({ passed }) => !passed)).toEqual([]);
  });

  it.each(RECORD_KINDS)("%s", (kind) => {
    const detail = run.tests.find(({ name, passed }) => name === kind && passed)?.detail;
    expect(detail).toBe(`count=${countOf(kind)}`);
  });

  it.each(Object.entries(COST_LIMITS))("%s costs no more than it did", (step, limits) => {
    const line = run.console.find((text) => text.startsWith(`cost ${step}=`)) ?? "";
    const cost = Number(line.slice(line.indexOf("=") + 1));
    expect(cost).toBeGreaterThan(0);
    expect(cost).toBeLessThan(limits[board === "virt-a7" ? 0 : 1]);
  });
});
