/** Lifecycle and capability files on both boards: what a device does with a file, and what its evidence says of itself. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeCapability } from "../../bootloader/lifecycle/capability-control.ts";
import { LifecycleLog } from "../../bootloader/lifecycle/lifecycle-log.ts";
import { boardNames } from "../../host-tools/build/board.ts";
import type { BuildResult } from "../../host-tools/build/build.ts";
import { hostEs256, makeCapabilityFile } from "../../host-tools/capability/capability-file.ts";
import { copyFlashFiles, type FlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { openPartition } from "../../host-tools/flash/file-flash.ts";
import { hostIdentityCrypto } from "../../host-tools/identity/crypto.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { trustedKey } from "../../host-tools/keys/key-file.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import type { Capability } from "../../protocol/capability/capability.ts";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { deviceId } from "../../protocol/dice/identifiers.ts";
import { verifyAttestation } from "../../protocol/eat/attestation.ts";
import { fromHex } from "../../protocol/image/bytes.ts";
import { bootDeviceProgram, buildDeviceProgram, root } from "./device-program.ts";

const BUILD = 400_000;
const BOOT = 120_000;
const crypto = hostIdentityCrypto();
const key = loadBuildKeys(root).capability.signer;

/** What one line of the program says, verified as a service would. */
interface Told {
  readonly outcome: string;
  readonly lifecycle: string;
  readonly debug: string;
  /** The claim of the evidence, when it verifies. */
  readonly claim: string;
}

describe.each(boardNames(root))("capability files on %s", (board) => {
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-capability-"));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  let built: BuildResult;
  let flash: FlashFiles;
  let identityKey: Uint8Array;
  let boots = 0;
  /** What the root of trust said of the stored file, in the last boot. */
  let stored: string | undefined;

  /** Boots on the same flash again, with files for the program to present. */
  async function boot(...files: readonly Uint8Array[]): Promise<Told[]> {
    boots += 1;
    const folder = join(scratch, `boot-${boots}`);
    const storage = Buffer.concat(files.flatMap((file) => [Buffer.of(file.length & 0xff, file.length >> 8), file]));
    flash = copyFlashFiles(built.board, flash, folder, { storage });
    const run = await bootDeviceProgram({ board: built.board, flash, timeoutMs: BOOT });
    expect(run.done, run.console.join("\n")).toBe(true);
    stored = run.console.find((line) => line.startsWith("holdfast root capability "));
    return run.console.flatMap((line) => {
      const [, outcome, lifecycle, debug, told] = /^capability \S+ (\S+) (\S+) (\S+) (.*)$/.exec(line) ?? [];
      return told === undefined ? [] : [{ outcome, lifecycle, debug, claim: verify(told) } as Told];
    });
  }

  function verify(told: string): string {
    const [found, operational, certificates, evidence] = told.split(" ").map(fromHex) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    identityKey ??= found;
    const expected = {
      identityKey,
      nonce: new Uint8Array(32).fill(7),
      operationalKey: keyThumbprint(operational, crypto.sha256),
    };
    const chain = decodeCbor(certificates) as readonly Uint8Array[];
    return verifyAttestation({ certificates: chain, evidence }, expected, crypto).lifecycle;
  }

  /** Acts on the device's lifecycle while it is off. */
  function whileOff(action: (log: LifecycleLog) => void): void {
    const partition = openPartition(built.board, flash, "lifecycle", "write");
    try {
      action(new LifecycleLog(partition));
    } finally {
      partition.close();
    }
  }

  const file = (change: Partial<Capability> = {}, signer = key) => {
    const ours = deviceId(identityKey, crypto.sha256);
    const content: Capability = {
      ...{ deviceId: ours, grants: ["console"], sequence: 5, use: "one-boot", notAfterBoot: undefined },
      ...change,
    };
    return makeCapabilityFile(content, signer);
  };

  beforeAll(async () => {
    built = await buildDeviceProgram(board, "boards/capability");
    flash = built.flash;
  }, BUILD);

  it(
    "is provisioned at its first boot",
    async () => {
      expect(await boot()).toEqual([
        { outcome: "none", lifecycle: "provisioned", debug: "closed", claim: "provisioning" },
      ]);
    },
    BOOT,
  );

  it(
    "takes a file for one boot, and none that is changed, foreign, or by another key",
    async () => {
      whileOff((log) => log.advance("secured"));
      const changed = file();
      changed[45 + 38] = 0;
      const stranger = file({}, testKey("ecdsa-p256"));
      const told = await boot(changed, file({ deviceId: new Uint8Array(32) }), stranger, file());
      const closed = { lifecycle: "secured", debug: "closed", claim: "secured" };
      expect(told).toEqual([
        { outcome: "none", ...closed },
        { outcome: "capability-refused/signature", ...closed },
        { outcome: "capability-refused/device-mismatch", ...closed },
        { outcome: "capability-refused/key-unknown", ...closed },
        { outcome: "ok", lifecycle: "secured", debug: "debug", claim: "debug" },
      ]);
    },
    BOOT,
  );

  it(
    "is in debug from the boot after a file was stored, and not before",
    async () => {
      const [begin, applied] = await boot(file({ use: "stored", sequence: 6 }));
      expect(begin).toMatchObject({ debug: "closed", claim: "secured" });
      expect(applied).toMatchObject({ outcome: "ok", debug: "closed", claim: "secured" });
      expect(stored).toBeUndefined();
      const [open, old] = await boot(file());
      expect(open).toMatchObject({ debug: "debug", claim: "debug" });
      expect(stored).toBe("holdfast root capability code=in-force");
      expect(old).toMatchObject({ outcome: "capability-refused/sequence-old" });
    },
    2 * BOOT,
  );

  it(
    "is secured again when the file is revoked, and does not take it again",
    async () => {
      whileOff((log) => {
        const trust = { deviceId: deviceId(identityKey, crypto.sha256), keys: [trustedKey(key)], bootCount: 5 };
        takeCapability(log, file({ use: "stored", grants: [], sequence: 7 }), { ...trust, crypto: hostEs256 });
      });
      const [begin, replayed] = await boot(file({ use: "stored", sequence: 6 }));
      expect(begin).toMatchObject({ debug: "closed", claim: "secured" });
      expect(replayed).toMatchObject({ outcome: "capability-refused/sequence-old", debug: "closed", claim: "secured" });
    },
    BOOT,
  );

  it(
    "says that a file's boots are over, grants nothing by it, and is secured again at the next boot",
    async () => {
      whileOff((log) => log.storeCapability(file({ use: "stored", sequence: 9, notAfterBoot: 1 }), 9));
      const [over] = await boot();
      expect(stored).toBe("holdfast root capability code=expired");
      expect(over).toMatchObject({ debug: "closed", claim: "debug" });
      const [after] = await boot();
      expect(stored).toBeUndefined();
      expect(after).toMatchObject({ debug: "closed", claim: "secured" });
    },
    2 * BOOT,
  );
});
