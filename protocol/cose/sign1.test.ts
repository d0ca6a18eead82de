/** The rules of COSE_Sign1 and COSE_Key one by one, with a toy signature where the signature does not matter. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCbor } from "../cbor/encode.ts";
import { CBOR_ERROR_CODES, CborError } from "../cbor/errors.ts";
import { CborMap, CborTag, type CborValue } from "../cbor/values.ts";
import { equalBytes, fromHex, toHex } from "../image/bytes.ts";
import { COSE_ERROR_CODES, CoseError } from "./errors.ts";
import { decodeCoseKey, encodeCoseKey, keyThumbprint } from "./key.ts";
import { type Sign1Rules, signSign1, verifySign1 } from "./sign1.ts";

const sha512 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash("sha512").update(data).digest());
const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(data).digest());

/** "Signs" with a hash of 64 bytes: changes with every signed bit, which is all that these tests need. */
const toy = {
  algorithm: -7,
  sign: sha512,
  verify: (message: Uint8Array, signature: Uint8Array) => equalBytes(sha512(message), signature),
};

const payload = fromHex("0102030405");
const emptyMap = new CborMap([]);
const es256 = new CborMap([[1, -7]]);

/** A message whose parts a test chooses, with a toy signature over its protected header. */
function message(
  header: CborMap | Uint8Array,
  unprotected: CborValue = emptyMap,
  body: CborValue = payload,
): Uint8Array {
  const bytes = header instanceof CborMap ? encodeCbor(header) : header;
  const signed = encodeCbor(["Signature1", bytes, new Uint8Array(0), payload]);
  return encodeCbor(new CborTag(18, [bytes, unprotected, body, sha512(signed)]));
}

function codeOf(bytes: Uint8Array, rules: Sign1Rules = {}): string {
  try {
    return toHex(verifySign1(bytes, toy, rules).payload);
  } catch (error) {
    if (error instanceof CoseError || error instanceof CborError) return error.code;
    throw error;
  }
}

describe("verifySign1", () => {
  it("accepts what the cases below break", () => {
    expect(codeOf(message(es256))).toBe("0102030405");
  });

  const withHeader = (...entries: [number, CborValue][]): CborMap => new CborMap([[1, -7], ...entries]);
  const cases: readonly [name: string, bytes: Uint8Array, code: string][] = [
    ["three elements", encodeCbor(new CborTag(18, [new Uint8Array(0), emptyMap, payload])), "structure"],
    ["a map instead of an array", encodeCbor(new CborTag(18, emptyMap)), "structure"],
    ["a map as protected header", encodeCbor(new CborTag(18, [es256, emptyMap, payload, payload])), "structure"],
    ["a protected header that is no map", message(fromHex("80")), "structure"],
    ["a protected header with something behind it", message(fromHex("a1012600")), "trailing-bytes"],
    ["a protected header with a key twice", message(fromHex("a201260126")), "key-duplicate"],
    ["a protected header that is not deterministic", message(fromHex("a1013806")), "not-shortest"],
    ["an unprotected header that is no map", message(es256, []), "structure"],
    ["a text as payload", message(es256, emptyMap, "text"), "structure"],
    ["a text as signature", encodeCbor(new CborTag(18, [fromHex("a10126"), emptyMap, payload, "s"])), "structure"],
    ["no algorithm", message(emptyMap), "algorithm"],
    ["the algorithm unprotected", message(new Uint8Array(0), es256), "algorithm"],
    ["another algorithm", message(new CborMap([[1, -8]])), "algorithm"],
    ["an algorithm of another type", message(new CborMap([[1, payload]])), "header-type"],
    ["a text as kid", message(withHeader([4, "11"])), "header-type"],
    ["bytes as content type", message(es256, new CborMap([[3, payload]])), "header-type"],
    ["a label in both headers", message(withHeader([4, payload]), new CborMap([[4, payload]])), "header-duplicate"],
    ["alg in both headers", message(es256, es256), "header-duplicate"],
    ["an unknown critical label", message(withHeader([2, [99]], [99, 0])), "critical-unknown"],
    ["a critical label that is absent", message(withHeader([2, [5]])), "critical-unknown"],
    ["an empty crit", message(withHeader([2, []])), "critical-unknown"],
    ["a crit that is no array", message(withHeader([2, 5])), "critical-unknown"],
    ["a crit with bytes in it", message(withHeader([2, [payload]])), "critical-unknown"],
    ["an unprotected crit", message(es256, new CborMap([[2, [1]]])), "header-unprotected"],
    ["no payload", message(es256, emptyMap, null), "payload"],
    ["a signature of 63 bytes", message(es256).slice(0, -1), "truncated"],
    [
      "a short signature",
      encodeCbor(new CborTag(18, [encodeCbor(es256), emptyMap, payload, new Uint8Array(63)])),
      "signature-length",
    ],
    [
      "another signature",
      encodeCbor(new CborTag(18, [encodeCbor(es256), emptyMap, payload, new Uint8Array(64)])),
      "signature",
    ],
  ];
  it.each(cases)("refuses %s", (_name, bytes, code) => expect(codeOf(bytes)).toBe(code));

  it("takes a critical label that the caller understands", () => {
    const bytes = message(withHeader([2, [5]], [5, 0]));
    expect(codeOf(bytes, { understood: [5] })).toBe("0102030405");
    expect(codeOf(bytes, { understood: [6] })).toBe("critical-unknown");
    // Understood, and not there.
    expect(codeOf(message(withHeader([2, [5]])), { understood: [5] })).toBe("critical-unknown");
  });

  it("ignores an unknown label that is not critical, and refuses any unprotected one on request", () => {
    const bytes = message(withHeader([99, 0]), new CborMap([[4, payload]]));
    expect(codeOf(bytes)).toBe("0102030405");
    expect(codeOf(bytes, { allowUnprotected: false })).toBe("header-unprotected");
  });

  it("checks the tag as it is told", () => {
    const tagged = message(es256);
    expect(codeOf(tagged, { tag: "forbidden" })).toBe("tag-not-allowed");
    expect(codeOf(tagged.subarray(1), { tag: "forbidden" })).toBe("0102030405");
    expect(codeOf(tagged.subarray(1))).toBe("tag");
  });

  it("takes a detached payload, and only one payload", () => {
    const bytes = signSign1({ payload, detached: true }, toy);
    expect(codeOf(bytes, { payload })).toBe("0102030405");
    expect(codeOf(bytes)).toBe("payload");
    expect(codeOf(bytes, { payload: payload.subarray(1) })).toBe("signature");
    expect(codeOf(signSign1({ payload }, toy), { payload })).toBe("payload");
  });

  it("takes an encoded empty map for the empty header, also under the signature", () => {
    const signature = sha512(encodeCbor(["Signature1", new Uint8Array(0), new Uint8Array(0), payload]));
    for (const header of [fromHex("a0"), new Uint8Array(0)]) {
      const bytes = encodeCbor(new CborTag(18, [header, es256, payload, signature]));
      expect(codeOf(bytes, { algorithm: "anywhere" })).toBe("0102030405");
    }
  });

  it("binds external data", () => {
    const external = fromHex("aa");
    const bytes = signSign1({ payload, external }, toy);
    expect(codeOf(bytes, { external })).toBe("0102030405");
    expect(codeOf(bytes)).toBe("signature");
  });

  it("refuses every change of one bit, by a known code", () => {
    const header = new CborMap([[4, fromHex("0a0b")]]);
    const bytes = signSign1({ payload, protectedHeader: header }, toy);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const code = codeOf(changed, { allowUnprotected: false });
      expect([...COSE_ERROR_CODES, ...CBOR_ERROR_CODES]).toContain(code);
    }
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const behindHead = new Uint8Array([0xd2, 0x84, ...bytes]);
        expect([...COSE_ERROR_CODES, ...CBOR_ERROR_CODES]).toContain(codeOf(behindHead));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("signSign1", () => {
  it("takes alg from the signer only", () => {
    expect(() => signSign1({ payload, protectedHeader: es256 }, toy)).toThrow("expected alg from the signer");
  });

  it("refuses a signer that gives another length", () => {
    expect(() => signSign1({ payload }, { algorithm: -7, sign: () => new Uint8Array(70) })).toThrow(
      expect.objectContaining({ code: "signature-length" }),
    );
  });

  it("refuses a label in both headers", () => {
    const header = new CborMap([[4, payload]]);
    expect(() => signSign1({ payload, protectedHeader: header, unprotectedHeader: header }, toy)).toThrow(
      expect.objectContaining({ code: "header-duplicate" }),
    );
  });
});

describe("COSE_Key", () => {
  /** The key of RFC 9679, section 6. */
  const x = "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d";
  const y = "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c";
  const publicKey = fromHex(`04${x}${y}`);

  it("has the thumbprint of RFC 9679, section 6", () => {
    const expected = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec";
    expect(toHex(keyThumbprint(publicKey, sha256))).toBe(expected);
  });

  it("is written with its labels in deterministic order and read back", () => {
    const encoded = encodeCoseKey(publicKey);
    expect(toHex(encoded)).toBe(`a6010203260481022001215820${x}225820${y}`);
    expect(decodeCoseKey(encoded)).toEqual(publicKey);
  });

  const parts: readonly [string, [number, CborValue][]][] = [
    ["another type", [[1, 1]]],
    ["another algorithm", [[3, -8]]],
    ["signing as operation", [[4, [1]]]],
    ["two operations", [[4, [2, 1]]]],
    ["another curve", [[-1, 2]]],
    ["a short coordinate", [[-2, new Uint8Array(31)]]],
    ["a compressed point", [[-3, true]]],
    ["an unknown label", [[9, 0]]],
  ];
  it.each(parts)("with %s is refused", (_name, [change]) => {
    const [label, value] = change as [number, CborValue];
    const entries: [number, CborValue][] = [
      [1, 2],
      [3, -7],
      [4, [2]],
      [-1, 1],
      [-2, publicKey.slice(1, 33)],
      [-3, publicKey.slice(33)],
    ];
    const changed = [...entries.filter(([other]) => other !== label), [label, value] as [number, CborValue]];
    expect(() => decodeCoseKey(encodeCbor(new CborMap(changed)))).toThrow(expect.objectContaining({ code: "key" }));
  });

  it.each([64, 66])("is not made of %i bytes", (length) => {
    expect(() => encodeCoseKey(new Uint8Array(length).fill(4))).toThrow(expect.objectContaining({ code: "key" }));
  });
});
