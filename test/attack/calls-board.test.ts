/** Every call of the root of trust on both boards, over a requested reset and a hang; evidence is verified here. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { copyFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { hostIdentityCrypto, hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { verifyAttestation } from "../../protocol/eat/attestation.ts";
import { decodeFailureRecord, decodeFailureReport } from "../../protocol/failure/decode.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { bootDeviceProgram, buildDeviceProgram, type DeviceRun, root } from "../boards/device-program.ts";

const BOOTS = [
  [
    "identity",
    "evidence",
    "operational-key",
    "nonces-have-a-length",
    "sealed-data-comes-back",
    "random-bytes-differ",
    "state",
    "measurements",
    "update-of-nonsense",
    "no-selection-without-confirmation",
    "confirm",
    "capability-of-nonsense",
    "crash-log",
    "log-storm",
    "watchdog-is-never-off",
    "calls-at-random",
    "costs",
  ],
  ["reset-was-requested", "crash-log-is-kept"],
  ["reset-was-the-watchdog", "watchdog-was-recorded"],
];

describe.each(boardNames(root))("root-of-trust calls on %s", (board) => {
  const runs: DeviceRun[] = [];
  let digest = "";

  beforeAll(async () => {
    const built = await buildDeviceProgram(board, "attack/calls-board");
    digest = built.image.digest;
    const scratch = mkdtempSync(join(tmpdir(), "holdfast-calls-"));
    try {
      const flash = copyFlashFiles(built.board, built.flash, scratch);
      for (let boot = 0; boot < BOOTS.length; boot += 1) {
        runs.push(await bootDeviceProgram({ board: built.board, flash, timeoutMs: 90_000 }));
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }, 600_000);

  const detailOf = (boot: number, name: string): string =>
    runs[boot]?.tests.find((test) => test.name === name)?.detail ?? "";

  describe.each(BOOTS.map((names, boot) => ({ names, boot })))("in boot $boot", ({ names, boot }) => {
    it.each(names)("%s", (name) => {
      const found = runs[boot]?.tests.find((test) => test.name === name);
      expect(found, runs[boot]?.console.slice(-12).join("\n")).toMatchObject({ passed: true });
    });

    it("ends as it should", () => {
      const last = boot < 2 ? `holdfast root reset cause=${boot === 0 ? "requested" : "watchdog"}` : "test done";
      expect(runs[boot]?.console).toContain(last);
      expect(runs[boot]?.tests.length).toBe(names.length);
      expect(runs[boot]?.console.filter((line) => line.includes("mistake"))).toEqual([]);
    });
  });

  it("gives evidence that verifies, of the very image that runs", () => {
    const [deviceId = "", identityKey = "", ...certificates] = detailOf(0, "identity").split(" ");
    const [publicKey = "", signature = ""] = detailOf(0, "operational-key").split(" ");
    const crypto = hostIdentityCrypto();
    const operationalKey = keyThumbprint(fromHex(publicKey), crypto.sha256);
    const nonce = new Uint8Array(32).fill(0x6e);
    const attestation = { certificates: certificates.map(fromHex), evidence: fromHex(detailOf(0, "evidence")) };
    const claims = verifyAttestation(attestation, { identityKey: fromHex(identityKey), nonce, operationalKey }, crypto);
    expect(toHex(claims.ueid)).toBe(`01${deviceId}`);
    expect(toHex(claims.components[1]?.value ?? new Uint8Array(0))).toBe(digest);
    expect(detailOf(0, "measurements")).toContain(`runtime=${digest}`);
    const signed = new Uint8Array(32).fill(0xd1);
    expect(hostIdentityPrimitives.verifyP256(fromHex(publicKey), signed, fromHex(signature))).toBe(true);
  });

  it("keeps what the watchdog did as the root of trust's own word", () => {
    const record = decodeFailureRecord(fromHex(detailOf(2, "watchdog-was-recorded")));
    expect(record).toMatchObject({ reporter: "root", bootCount: 2 });
    expect(decodeFailureReport(record).cause).toEqual({ kind: "watchdog" });
  });
});
