/** X.509 certificates as tools that are not ours see them: node:crypto and OpenSSL. */
import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hostIdentityCrypto } from "../../host-tools/identity/crypto.ts";
import { signX509Certificate } from "../../protocol/x509/dice-certificate.ts";
import { certifyIdentity, certifyLayer, certifySigningKey } from "./certificates.ts";
import { layerInputs } from "./inputs.ts";
import { DiceLayer } from "./layer.ts";

const crypto = hostIdentityCrypto();
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) console.warn("SKIPPED: openssl verify: expected an openssl program, found none");

function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

const rootOfTrust = { type: "root-of-trust", value: bytes(32, 1), version: "1.0.0", signer: bytes(32, 2) };

describe("X.509 certificates", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-identity-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Certificates of one device: identity, layer, evidence key. */
  function chain(secret: number): readonly [Uint8Array, Uint8Array, Uint8Array] {
    const held = crypto.importSecret(bytes(32, secret));
    const identity = new DiceLayer(crypto, held, held);
    const inputs = layerInputs(
      { component: rootOfTrust, securityCounter: 3, lifecycle: "secured", authorities: [bytes(32, 2)] },
      crypto.sha512,
    );
    const layer = identity.next(inputs);
    return [
      certifyIdentity(crypto, identity, signX509Certificate),
      certifyLayer(crypto, identity, layer, { inputs, profileName: "holdfast.1" }, signX509Certificate),
      certifySigningKey(crypto, layer, layer.signingKey("Evidence Key").publicKey, signX509Certificate),
    ];
  }

  it("make a chain for node:crypto", () => {
    for (let secret = 1; secret <= 8; secret++) {
      const [root, middle, leaf] = chain(secret).map((certificate) => new X509Certificate(certificate)) as [
        X509Certificate,
        X509Certificate,
        X509Certificate,
      ];
      expect(root.verify(root.publicKey) && middle.verify(root.publicKey) && leaf.verify(middle.publicKey)).toBe(true);
      expect(middle.checkIssued(root) && leaf.checkIssued(middle)).toBe(true);
      expect([root.ca, middle.ca, leaf.ca]).toEqual([true, true, false]);
      expect(leaf.verify(root.publicKey)).toBe(false);
    }
  });

  it.skipIf(!hasOpenssl)(
    "make a chain for openssl verify, critical extension aside, and its dump shows what was measured",
    () => {
      const names = ["root", "layer", "leaf"].map((name) => join(folder, `${name}.pem`)) as [string, string, string];
      chain(1).forEach((certificate, index) => {
        writeFileSync(names[index] as string, new X509Certificate(certificate).toString());
      });
      const [root, layer, leaf] = names;
      // OpenSSL does not know the profile's extension, and rightly refuses a critical extension that it does not know.
      const verify = ["verify", "-x509_strict", "-CAfile", root, "-untrusted", layer];
      expect(() => execFileSync("openssl", [...verify, leaf], { stdio: "pipe" })).toThrow(
        /unhandled critical extension/,
      );
      expect(execFileSync("openssl", [...verify, "-ignore_critical", leaf]).toString()).toContain("leaf.pem: OK");
      expect(execFileSync("openssl", ["verify", "-x509_strict", "-CAfile", root, root]).toString()).toContain("OK");
      const text = execFileSync("openssl", [
        "x509",
        "-in",
        layer,
        "-noout",
        "-text",
        "-certopt",
        "ext_parse",
      ]).toString();
      expect(text).toContain("Signature Algorithm: ecdsa-with-SHA256");
      expect(text).toContain("UTF8STRING        :holdfast.1");
      expect(text).toContain("Certificate Sign");
    },
  );

  it("have serial numbers that are the identifiers, even with leading zeros", () => {
    let found = 0;
    for (let secret = 1; secret <= 200 && found < 1; secret++) {
      const held = crypto.importSecret(bytes(32, secret));
      const certificate = new X509Certificate(
        certifyIdentity(crypto, new DiceLayer(crypto, held, held), signX509Certificate),
      );
      const identifier = certificate.subject.replace("serialNumber=", "");
      if (identifier.startsWith("00")) found++;
      expect(BigInt(`0x${certificate.serialNumber}`)).toBe(BigInt(`0x${identifier}`));
    }
    expect(found).toBe(1);
  });
});
