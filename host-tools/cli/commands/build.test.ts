import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateKey } from "../../keys/generate.ts";
import { CommandError } from "../context.ts";
import { signingKeys } from "./build.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-build-verb-"));
const keysBefore = process.env.HOLDFAST_KEYS;
beforeAll(() => {
  process.env.HOLDFAST_KEYS = join(folder, "keys");
});
afterAll(() => {
  if (keysBefore === undefined) delete process.env.HOLDFAST_KEYS;
  else process.env.HOLDFAST_KEYS = keysBefore;
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, key: KeyObject): string {
  const path = join(folder, name);
  writeFileSync(path, key.export({ type: "pkcs8", format: "pem" }));
  return path;
}

describe("signingKeys", () => {
  it("takes an EC P-256 key for everything", () => {
    const path = write("p256.pem", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
    const { root, runtime, capability } = signingKeys(folder, [path], () => {});
    for (const { signer, trusted } of [root, runtime, capability]) {
      expect(signer.path).toBe(path);
      expect(trusted).toEqual([signer]);
    }
  });

  it("takes a key that says what it is for there only, and the folder's for the rest", () => {
    const path = join(folder, "mine.pem");
    generateKey(path, "ecdsa-p256", { purpose: "root-image", epoch: 2, revoked: false });
    const { root, runtime } = signingKeys(folder, [path], () => {});
    expect(root.signer).toMatchObject({ path, epoch: 2 });
    expect(runtime.signer.purpose).toBe("runtime-image");
    expect(() => signingKeys(folder, [join(folder, "absent.pem")], () => {})).toThrow(
      expect.objectContaining({ code: "key-missing" }),
    );
  });

  it("refuses an Ed25519 key, which no stage verifies", () => {
    const path = write("ed25519.pem", generateKeyPairSync("ed25519").privateKey);
    let failure: unknown;
    try {
      signingKeys(folder, [path], () => {});
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(CommandError);
    expect(failure).toMatchObject({
      code: "key-unsupported",
      exitCode: 2,
      message: `expected an EC P-256 key, found ed25519 at ${path}`,
    });
  });
});
