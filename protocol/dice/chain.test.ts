/** What holds a chain together besides its signatures, with a toy signature so that every bit can be tried. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { encodeCbor } from "../cbor/encode.ts";
import { CBOR_ERROR_CODES, CborError } from "../cbor/errors.ts";
import { CborMap, type CborValue } from "../cbor/values.ts";
import { COSE_ERROR_CODES, CoseError } from "../cose/errors.ts";
import { encodeCoseKey } from "../cose/key.ts";
import { signSign1 } from "../cose/sign1.ts";
import { equalBytes } from "../image/bytes.ts";
import type { CertificateFields } from "./certificate.ts";
import { verifyChain } from "./chain.ts";
import { signCwtCertificate } from "./cwt-certificate.ts";
import { DICE_ERROR_CODES, DiceError } from "./errors.ts";
import { keyIdText } from "./identifiers.ts";
import { certifiedInputs, type DiceInputs } from "./inputs.ts";

const hash = (name: string) => (data: Uint8Array) => new Uint8Array(createHash(name).update(data).digest());
const sha256 = hash("sha256");
const sha512 = hash("sha512");

/** "Signs" with a hash of key and digest: anyone could, but no bit of key, message or signature changes unnoticed. */
function toySignature(publicKey: Uint8Array, digest: Uint8Array): Uint8Array {
  return sha512(new Uint8Array([...publicKey, ...digest]));
}

const crypto = {
  sha256,
  sha512,
  verifyP256: (key: Uint8Array, digest: Uint8Array, signature: Uint8Array) =>
    equalBytes(toySignature(key, digest), signature),
};

function key(fill: number): Uint8Array {
  return new Uint8Array([4, ...new Uint8Array(64).fill(fill)]);
}

function signerOf(issuerKey: Uint8Array) {
  return { algorithm: -7, sign: (message: Uint8Array) => toySignature(issuerKey, sha256(message)) };
}

const codeDescriptor = new Uint8Array(9).fill(1);
const inputs: DiceInputs = {
  codeHash: sha512(codeDescriptor),
  codeDescriptor,
  configuration: { kind: "descriptor", descriptor: new Uint8Array(7).fill(2) },
  authorityHash: sha512(new Uint8Array(3)),
  authorityDescriptor: new Uint8Array(3),
  mode: "normal",
  hidden: new Uint8Array(64),
};
const certified = certifiedInputs(inputs, sha512);

function layer(issuer: number, subject: number, change: Partial<CertificateFields> = {}): Uint8Array {
  const fields: CertificateFields = {
    issuerKey: key(issuer),
    subjectKey: key(subject),
    usage: "certify",
    inputs: certified,
    profileName: "p",
    ...change,
  };
  return signCwtCertificate(fields, signerOf(key(issuer)), sha512);
}

function leaf(issuer: number, subject: number): Uint8Array {
  return layer(issuer, subject, { usage: "sign", inputs: undefined, profileName: undefined });
}

/** A leaf whose payload says anything at all, under a good signature of key 2. */
function forged(issuer: string, subject: string): Uint8Array {
  const entries: [number, CborValue][] = [
    [1, issuer],
    [2, subject],
    [-4670552, encodeCoseKey(key(3))],
    [-4670553, new Uint8Array([1])],
  ];
  return signSign1({ payload: encodeCbor(new CborMap(entries)), tagged: false }, signerOf(key(2)));
}

function codeOf(certificates: readonly Uint8Array[]): string {
  try {
    verifyChain(certificates, key(1), crypto);
    return "accepted";
  } catch (error) {
    if (error instanceof DiceError || error instanceof CoseError || error instanceof CborError) return error.code;
    throw error;
  }
}

const idOf = (fill: number): string => keyIdText(key(fill), sha512);

describe("verifyChain", () => {
  it("gives layers and signing key", () => {
    const verified = verifyChain([layer(1, 2), leaf(2, 3)], key(1), crypto);
    expect(verified.signingKey).toEqual(key(3));
    expect(verified.layers).toEqual([{ key: key(2), inputs: certified, profileName: "p" }]);
  });

  it("takes as many layers as it may, and no more", () => {
    expect(codeOf([layer(1, 2), layer(2, 3), layer(3, 4), leaf(4, 5)])).toBe("accepted");
    expect(codeOf([layer(1, 2), layer(2, 3), layer(3, 4), layer(4, 5), leaf(5, 6)])).toBe("chain-length");
    expect(codeOf([leaf(1, 2)])).toBe("chain-length");
  });

  const wrongHash = new Uint8Array(64).fill(9);
  const unhashed = { ...certified, configurationHash: undefined, configurationDescriptor: new Uint8Array(64) };
  const cases: readonly [name: string, certificates: readonly Uint8Array[], code: string][] = [
    ["another identity key", [layer(9, 2), leaf(2, 3)], "signature"],
    ["a gap", [layer(1, 2), leaf(9, 3)], "signature"],
    ["another issuer's name under the right signature", [layer(1, 2), forged(idOf(9), idOf(3))], "chain-issuer"],
    ["another subject's name", [layer(1, 2), forged(idOf(2), idOf(9))], "chain-subject"],
    ["an upper-case name", [layer(1, 2), forged(idOf(2), idOf(3).toUpperCase())], "chain-subject"],
    ["the right names, to see that they would pass", [layer(1, 2), forged(idOf(2), idOf(3))], "accepted"],
    ["a layer at the end", [layer(1, 2), layer(2, 3)], "chain-usage"],
    ["a leaf in the middle", [leaf(1, 2), leaf(2, 3)], "chain-usage"],
    ["an unmeasured certifying key", [layer(1, 2, { inputs: undefined }), leaf(2, 3)], "chain-usage"],
    ["a leaf with measurements", [layer(1, 2), layer(2, 3, { usage: "sign" })], "chain-usage"],
    [
      "a code descriptor of other code",
      [layer(1, 2, { inputs: { ...certified, codeHash: wrongHash } }), leaf(2, 3)],
      "descriptor",
    ],
    [
      "another configuration hash",
      [layer(1, 2, { inputs: { ...certified, configurationHash: wrongHash } }), leaf(2, 3)],
      "descriptor",
    ],
    [
      "another authority hash",
      [layer(1, 2, { inputs: { ...certified, authorityHash: wrongHash } }), leaf(2, 3)],
      "descriptor",
    ],
    ["an inline configuration, which has no hash", [layer(1, 2, { inputs: unhashed }), leaf(2, 3)], "accepted"],
  ];
  it.each(cases)("decides on %s", (_name, certificates, code) => expect(codeOf(certificates)).toBe(code));

  it("refuses an unprotected header, which nobody signed, and a tag", () => {
    const payload = encodeCbor(new CborMap([]));
    const open = signSign1(
      { payload, tagged: false, unprotectedHeader: new CborMap([[4, payload]]) },
      signerOf(key(1)),
    );
    expect(codeOf([open, leaf(2, 3)])).toBe("header-unprotected");
    expect(codeOf([signSign1({ payload }, signerOf(key(1))), leaf(2, 3)])).toBe("tag-not-allowed");
  });

  it("refuses every change of one bit, by a known code", () => {
    const parts = [layer(1, 2), leaf(2, 3)];
    const known: readonly string[] = [...DICE_ERROR_CODES, ...COSE_ERROR_CODES, ...CBOR_ERROR_CODES];
    for (const [index, part] of parts.entries()) {
      for (let bit = 0; bit < part.length * 8; bit++) {
        const changed = part.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(known).toContain(codeOf(parts.map((other, position) => (position === index ? changed : other))));
      }
    }
  });
});
