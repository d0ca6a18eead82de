/** The payload of CBOR certificates: read back as written, and refused when anything is missing, unknown or of another form. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { type CborEntry, CborMap, type CborValue } from "../cbor/values.ts";
import { CoseError } from "../cose/errors.ts";
import { fromHex, toHex } from "../image/bytes.ts";
import { signCwtCertificate } from "./cwt-certificate.ts";
import { decodeCwtPayload } from "./cwt-reader.ts";
import { DiceError } from "./errors.ts";
import { deviceId, keyId, ueidOf } from "./identifiers.ts";
import { certifiedInputs } from "./inputs.ts";

const sha512 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash("sha512").update(data).digest());
const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(data).digest());
const signer = { algorithm: -7, sign: sha512 };

function bytes(length: number, fill = 1): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

/** The authority and subject keys of Open DICE's zero case. */
const subjectKey = fromHex(
  "044f3b4e82c45ada084589c2197baf1f376eac40e1fd49b0240602aec269541c6be7eb4019ab55c66bc88bb8b469ad7ee8589e07d2f8bc888eb311c2df973b1b4a",
);
const issuerKey = bytes(65, 4);

const inputs = certifiedInputs(
  {
    codeHash: bytes(64, 1),
    codeDescriptor: bytes(10, 2),
    configuration: { kind: "descriptor", descriptor: bytes(5, 3) },
    authorityHash: bytes(64, 4),
    authorityDescriptor: bytes(6, 5),
    mode: "recovery",
    hidden: bytes(64, 0),
  },
  sha512,
);

/** The payload inside a certificate that was just made. */
function payloadOf(certificate: Uint8Array): CborMap {
  const [, , payload] = decodeCbor(certificate) as readonly CborValue[];
  return decodeCbor(payload as Uint8Array) as CborMap;
}

const layer = payloadOf(
  signCwtCertificate({ issuerKey, subjectKey, usage: "certify", inputs, profileName: "p" }, signer, sha512),
);
const leaf = payloadOf(
  signCwtCertificate(
    { issuerKey, subjectKey, usage: "sign", inputs: undefined, profileName: undefined },
    signer,
    sha512,
  ),
);

function changed(map: CborMap, label: number | string, value: CborValue | undefined): Uint8Array {
  const entries = map.entries.filter(([other]) => other !== label);
  return encodeCbor(new CborMap(value === undefined ? entries : [...entries, [label, value] as CborEntry]));
}

describe("decodeCwtPayload", () => {
  it("reads what signCwtCertificate writes", () => {
    const read = decodeCwtPayload(encodeCbor(layer));
    expect(read).toEqual({
      issuer: toHex(keyId(issuerKey, sha512)),
      subject: toHex(keyId(subjectKey, sha512)),
      subjectKey,
      usage: "certify",
      inputs,
      profileName: "p",
    });
    expect(decodeCwtPayload(encodeCbor(leaf))).toMatchObject({
      usage: "sign",
      inputs: undefined,
      profileName: undefined,
    });
  });

  const cases: readonly [name: string, payload: Uint8Array, code: string][] = [
    ["an array", encodeCbor([]), "certificate-structure"],
    ["an unknown label", changed(layer, 4, 1), "certificate-field"],
    ["a text label", changed(layer, "x", 1), "certificate-field"],
    ["no issuer", changed(layer, 1, undefined), "certificate-field"],
    ["a short subject", changed(layer, 2, "00"), "certificate-field"],
    ["a subject of bytes", changed(layer, 2, bytes(20)), "certificate-field"],
    ["no code hash", changed(layer, -4670545, undefined), "certificate-field"],
    ["a short code hash", changed(layer, -4670545, bytes(32)), "certificate-field"],
    ["an empty code descriptor", changed(layer, -4670546, bytes(0)), "certificate-field"],
    ["a short configuration hash", changed(layer, -4670547, bytes(32)), "certificate-field"],
    ["an inline configuration of 5 bytes", changed(layer, -4670547, undefined), "certificate-field"],
    ["no configuration", changed(layer, -4670548, undefined), "certificate-field"],
    ["no authority hash", changed(layer, -4670549, undefined), "certificate-field"],
    ["a text as authority descriptor", changed(layer, -4670550, "x"), "certificate-field"],
    ["mode 4", changed(layer, -4670551, bytes(1, 4)), "certificate-field"],
    ["a mode of two bytes", changed(layer, -4670551, bytes(2)), "certificate-field"],
    ["an integer as mode", changed(layer, -4670551, 1), "certificate-field"],
    ["no subject key", changed(layer, -4670552, undefined), "certificate-field"],
    ["both key usages", changed(layer, -4670553, bytes(1, 0x21)), "certificate-field"],
    ["no key usage", changed(layer, -4670553, undefined), "certificate-field"],
    ["a number as profile name", changed(layer, -4670554, 1), "certificate-field"],
    ["one measured input only", changed(leaf, -4670549, bytes(64)), "certificate-field"],
  ];
  it.each(cases)("refuses %s", (_name, payload, code) => {
    expect(() => decodeCwtPayload(payload)).toThrow(expect.objectContaining({ name: "DiceError", code }));
  });

  it("refuses a subject key that is no COSE_Key of ours", () => {
    expect(() => decodeCwtPayload(changed(layer, -4670552, encodeCbor(new CborMap([]))))).toThrow(CoseError);
  });
});

describe("identifiers", () => {
  it("is that of Open DICE's zero case", () => {
    expect(toHex(keyId(subjectKey, sha512))).toBe("2e75b6e7230c20f2960bde4acf1288d4ab665b9b");
  });

  it("of devices are hashes of the key as node:crypto writes it", () => {
    const id = deviceId(subjectKey, sha256);
    const spki = `3059301306072a8648ce3d020106082a8648ce3d030107034200${toHex(subjectKey)}`;
    expect(toHex(id)).toBe(createHash("sha256").update(fromHex(spki)).digest("hex"));
    expect(toHex(ueidOf(id))).toBe(`01${toHex(id)}`);
    expect(() => deviceId(bytes(64), sha256)).toThrow(RangeError);
  });
});

it("inputs are refused by a DiceError", () => {
  const wrong = {
    ...inputs,
    codeHash: bytes(1),
    configuration: { kind: "inline", value: bytes(64) },
    hidden: bytes(64),
  };
  expect(() => certifiedInputs(wrong as never, sha512)).toThrow(DiceError);
});
