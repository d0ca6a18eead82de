import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CommandError } from "../context.ts";
import { signingKey } from "./build.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-build-verb-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, key: KeyObject): string {
  const path = join(folder, name);
  writeFileSync(path, key.export({ type: "pkcs8", format: "pem" }));
  return path;
}

describe("signingKey", () => {
  it("takes an EC P-256 key", () => {
    const path = write("p256.pem", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
    expect(signingKey(folder, path, () => {}).publicKey.algorithm).toBe("ecdsa-p256");
  });

  it("refuses an Ed25519 key, which the boot stage would refuse", () => {
    const path = write("ed25519.pem", generateKeyPairSync("ed25519").privateKey);
    let failure: unknown;
    try {
      signingKey(folder, path, () => {});
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
