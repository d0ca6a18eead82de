/** The known answers of Open DICE, byte for byte, with our crypto and with one written apart from it. */
import { createHash, hkdfSync, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hostIdentityCrypto } from "../../host-tools/identity/crypto.ts";
import type { DiceInputs } from "../../protocol/dice/inputs.ts";
import { certifiedInputs } from "../../protocol/dice/inputs.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { signX509Certificate } from "../../protocol/x509/dice-certificate.ts";
import { certifyLayer } from "./certificates.ts";
import { attestationSalt, DiceLayer, sealingSalt } from "./layer.ts";

interface KnownAnswer {
  readonly name: string;
  readonly input: Readonly<
    Record<"cdi_attest" | "cdi_seal" | "code_hash" | "config_value" | "authority_hash" | "hidden", string>
  > & {
    readonly mode: number;
  };
  readonly cdi_attest: string;
  readonly cdi_seal: string;
  readonly x509_p256: string;
}

const path = new URL("../../../shared/vectors/open-dice/known-answers.json", import.meta.url);
const present = existsSync(path);
if (!present) console.warn("SKIPPED: Open DICE known answers: expected ../shared/vectors/open-dice, found none");
const cases: readonly KnownAnswer[] = present ? JSON.parse(readFileSync(path, "utf8")).cases : [];

const PROFILE = "opendice.example";
const sha512 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash("sha512").update(data).digest());
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

function inputsOf({ input }: KnownAnswer): DiceInputs {
  expect(input.mode).toBe(0);
  return {
    codeHash: fromHex(input.code_hash),
    configuration: { kind: "inline", value: fromHex(input.config_value) },
    authorityHash: fromHex(input.authority_hash),
    mode: "not-configured",
    hidden: fromHex(input.hidden),
  };
}

/** The layers and certificates of one case. */
function run(answer: KnownAnswer) {
  const crypto = hostIdentityCrypto();
  const { cdi_attest, cdi_seal } = answer.input;
  const layer = new DiceLayer(crypto, crypto.importSecret(fromHex(cdi_attest)), crypto.importSecret(fromHex(cdi_seal)));
  const inputs = inputsOf(answer);
  const next = layer.next(inputs);
  const certificate = (form: "x509" | "cbor"): Uint8Array =>
    certifyLayer(
      crypto,
      layer,
      next,
      { inputs, profileName: PROFILE },
      form === "x509" ? signX509Certificate : undefined,
    );
  return { crypto, layer, next, inputs, certificate };
}

describe.skipIf(!present)("Open DICE known answers", () => {
  it("are the two cases expected", () => {
    expect(cases.map(({ name }) => name)).toEqual(["zero", "hash-only"]);
  });

  it.each(cases)("$name: both CDIs, with HKDF of node:crypto", (answer) => {
    const inputs = inputsOf(answer);
    const certified = certifiedInputs(inputs, sha512);
    const derived = (secret: string, salt: Uint8Array, info: string): string =>
      Buffer.from(hkdfSync("sha512", fromHex(secret), salt, info, 32)).toString("hex");
    const attestation = derived(answer.input.cdi_attest, attestationSalt(inputs, certified, sha512), "CDI_Attest");
    expect(attestation).toBe(answer.cdi_attest);
    expect(derived(answer.input.cdi_seal, sealingSalt(inputs, sha512), "CDI_Seal")).toBe(answer.cdi_seal);
  });

  it.each(cases)("$name: a layer holds these CDIs", (answer) => {
    const { crypto, next } = run(answer);
    const known = new DiceLayer(
      crypto,
      crypto.importSecret(fromHex(answer.cdi_attest)),
      crypto.importSecret(fromHex(answer.cdi_seal)),
    );
    expect(toHex(next.key.publicKey)).toBe(toHex(known.key.publicKey));
    const sealed = (layer: DiceLayer): string => toHex(crypto.keyFromSeed(layer.sealingSecret("test")).publicKey);
    expect(sealed(next)).toBe(sealed(known));
  });

  it.each(cases)("$name: the X.509 certificate, signature included", (answer) => {
    const { certificate } = run(answer);
    expect(toHex(certificate("x509"))).toBe(answer.x509_p256);
  });

  it.each(cases)("$name: node:crypto takes the certificate for what it is", (answer) => {
    const parsed = new X509Certificate(run(answer).certificate("x509"));
    expect(parsed.issuer).toMatch(/^serialNumber=[0-9a-f]{40}$/);
    expect(parsed.ca).toBe(true);
    const point = parsed.publicKey.export({ format: "der", type: "spki" }).subarray(-65);
    expect(answer.x509_p256).toContain(point.toString("hex"));
  });

  /**
   * The CBOR certificate of the zero case in include/dice/known_test_values.h (kExpectedCborP256Cert_ZeroInput, 498 bytes) up to
   * its signature, as a digest. Its signature is a random one there; ours is checked by verifying chains.
   */
  it("zero: the CBOR certificate up to its signature", () => {
    const cbor = run(cases[0] as KnownAnswer).certificate("cbor");
    expect(cbor.length).toBe(498);
    expect(sha256(cbor.subarray(0, -64))).toBe("9451ac52a1073603832f50dc0422e1a85da4807b98da12c52489e9681135ec3b");
  });
});
