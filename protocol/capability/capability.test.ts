/** Capability files: what is accepted, what is refused and why, and that no change of a single byte goes unnoticed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostEs256, makeCapabilityFile } from "../../host-tools/capability/capability-file.ts";
import { signDigest } from "../../host-tools/image/crypto.ts";
import { trustedKey } from "../../host-tools/keys/key-file.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { CborMap, type CborValue } from "../cbor/values.ts";
import { es256Signer } from "../cose/es256.ts";
import { signSign1 } from "../cose/sign1.ts";
import { fromHex, toHex } from "../image/bytes.ts";
import { rawSignatureFromDer } from "../image/ecdsa-signature.ts";
import {
  type Capability,
  decodeCapability,
  encodeCapability,
  GRANTS,
  type Grant,
  SEQUENCE_LIMIT,
} from "./capability.ts";
import { CAPABILITY_ERROR_CODES, CapabilityError } from "./errors.ts";
import { CAPABILITY_FILE_LIMIT, FILE_PREFIX, SIGNED_CONTEXT } from "./file.ts";
import { type CapabilityContext, verifyCapability } from "./verify.ts";

const key = testKey("ecdsa-p256");
const imageKey = testKey("ecdsa-p256");
const deviceA = new Uint8Array(32).fill(0xa1);
const deviceB = new Uint8Array(32).fill(0xb2);
const capability: Capability = {
  deviceId: deviceA,
  grants: ["app-development"],
  sequence: 7,
  use: "stored",
  notAfterBoot: undefined,
};
const context: CapabilityContext = {
  deviceId: deviceA,
  keys: [trustedKey(key)],
  crypto: hostEs256,
  minimumSequence: 0,
  bootCount: 1,
};

const make = (change: Partial<Capability> = {}) => makeCapabilityFile({ ...capability, ...change }, key);
const file = make();

/** A file of a payload that tools would not write, with a good signature. */
function signed(
  payload: CborValue | Uint8Array,
  header: [number, CborValue][] = [[4, key.keyHash]],
  context = SIGNED_CONTEXT,
) {
  const signer = es256Signer(
    hostEs256,
    (digest) => rawSignatureFromDer(signDigest(digest, key).signature) as Uint8Array,
  );
  return signSign1(
    {
      payload: payload instanceof Uint8Array ? payload : encodeCbor(payload),
      protectedHeader: new CborMap(header),
      external: new TextEncoder().encode(context),
    },
    signer,
  );
}

function codeOf(bytes: Uint8Array, change: Partial<CapabilityContext> = {}): string {
  try {
    verifyCapability(bytes, { ...context, ...change });
    return "accepted";
  } catch (error) {
    if (!(error instanceof CapabilityError)) throw error;
    expect(CAPABILITY_ERROR_CODES).toContain(error.code);
    expect(error.message).not.toContain("\n");
    return error.code;
  }
}

const fields = (change: readonly (readonly [number, CborValue | undefined])[]): CborMap => {
  const all = new Map<number, CborValue>([
    [1, deviceA],
    [2, [0]],
    [3, 7],
    [4, 0],
  ]);
  for (const [label, value] of change) {
    if (value === undefined) all.delete(label);
    else all.set(label, value);
  }
  return new CborMap([...all]);
};

describe("verifyCapability", () => {
  it("gives what a file says", () => {
    expect(verifyCapability(file, context)).toEqual(capability);
  });

  it("accepts the file as note 0014 prints it", () => {
    expect(toHex(file.subarray(0, 10))).toBe(FILE_PREFIX);
    expect(toHex(file.subarray(10, 42))).toBe(toHex(key.keyHash));
    expect(toHex(encodeCapability(capability))).toBe(`a4015820${toHex(deviceA)}02810003070400`);
    expect(file.length).toBe(42 + 1 + 2 + 43 + 2 + 64);
  });

  it("makes the same file again", () => {
    expect(make()).toEqual(file);
  });

  const accepted: readonly [string, Partial<Capability>, Partial<CapabilityContext>][] = [
    ["every grant", { grants: GRANTS }, {}],
    ["no grant", { grants: [] }, {}],
    ["one boot", { use: "one-boot" }, {}],
    ["the lowest sequence that is left", { sequence: 7 }, { minimumSequence: 7 }],
    ["the highest sequence", { sequence: SEQUENCE_LIMIT }, {}],
    ["the last boot", { notAfterBoot: 1 }, {}],
  ];
  it.each(accepted)("accepts %s", (_name, change, around) => {
    expect(verifyCapability(make(change), { ...context, ...around })).toEqual({ ...capability, ...change });
  });

  it("accepts a file by any of several keys", () => {
    expect(codeOf(file, { keys: [trustedKey(imageKey), trustedKey(key)] })).toBe("accepted");
  });

  const refused: readonly [string, () => Uint8Array, string, Partial<CapabilityContext>?][] = [
    ["the file of another device", () => make({ deviceId: deviceB }), "device-mismatch"],
    ["its own file on another device", () => file, "device-mismatch", { deviceId: deviceB }],
    ["a sequence that was replaced", () => file, "sequence-old", { minimumSequence: 8 }],
    ["a boot after the last", () => make({ notAfterBoot: 4 }), "expired", { bootCount: 5 }],
    ["a key that signs images", () => makeCapabilityFile(capability, imageKey), "key-unknown"],
    ["any key when it knows none", () => file, "key-unknown", { keys: [] }],
    [
      "an Ed25519 key",
      () => file,
      "key-unknown",
      { keys: [{ ...trustedKey(testKey("ed25519")), keyHash: key.keyHash }] },
    ],
    ["a revoked key", () => file, "key-revoked", { keys: [trustedKey(key, true)] }],
    ["a key listed as revoked and not", () => file, "key-revoked", { keys: [trustedKey(key), trustedKey(key, true)] }],
    ["another key's signature", () => file, "signature", { keys: [{ ...trustedKey(imageKey), keyHash: key.keyHash }] }],
    ["a signature over something else", () => signed(fields([]), undefined, "holdfast update 1"), "signature"],
    ["nothing", () => new Uint8Array(0), "format"],
    ["a file that is cut short", () => file.slice(0, -1), "format"],
    ["a byte too many", () => new Uint8Array([...file, 0]), "format"],
    ["a long file", () => new Uint8Array(CAPABILITY_FILE_LIMIT + 1), "format"],
    ["a file without tag", () => file.slice(1), "format"],
    [
      "a header with more in it",
      () =>
        signed(fields([]), [
          [4, key.keyHash],
          [3, 0],
        ]),
      "format",
    ],
    ["a short key hash", () => signed(fields([]), [[4, new Uint8Array(31)]]), "format"],
    ["a payload that is no map", () => signed([1]), "field"],
    ["a payload that is no CBOR", () => signed(new Uint8Array([0xff])), "format"],
    ["keys out of order", () => signed(fromHex(`a402810001${"5820"}${toHex(deviceA)}03070400`)), "format"],
    ["no device", () => signed(fields([[1, undefined]])), "field"],
    ["a short device id", () => signed(fields([[1, new Uint8Array(31)]])), "field"],
    ["no grants", () => signed(fields([[2, undefined]])), "field"],
    ["no sequence", () => signed(fields([[3, undefined]])), "field"],
    ["no use", () => signed(fields([[4, undefined]])), "field"],
    ["another use", () => signed(fields([[4, 2]])), "field"],
    ["a negative sequence", () => signed(fields([[3, -1]])), "field"],
    ["a sequence that leaves none after it", () => signed(fields([[3, SEQUENCE_LIMIT + 1]])), "field"],
    ["a last boot of text", () => signed(fields([[5, "1"]])), "field"],
    ["an unknown field", () => signed(fields([[6, 1]])), "field"],
    ["an unknown grant", () => signed(fields([[2, [GRANTS.length]]])), "grant-unknown"],
    ["a grant by name", () => signed(fields([[2, ["console"]]])), "grant-unknown"],
    ["a grant twice", () => signed(fields([[2, [0, 0]]])), "grant-unknown"],
    ["grants out of order", () => signed(fields([[2, [1, 0]]])), "grant-unknown"],
    ["a negative grant", () => signed(fields([[2, [-1]]])), "grant-unknown"],
  ];
  it.each(refused)("refuses %s", (_name, bytes, code, around) => {
    expect(codeOf(bytes(), around)).toBe(code);
  });

  it("refuses every change of a single byte", () => {
    for (let at = 0; at < file.length; at += 1) {
      // All values of the bytes that mean something before the signature is looked at; one bit each for the rest.
      const values = at < 42 ? 255 : 8;
      for (let value = 1; value <= values; value += 1) {
        const changed = file.slice();
        changed[at] = (changed[at] as number) ^ (at < 42 ? value : 1 << (value - 1));
        expect(codeOf(changed)).not.toBe("accepted");
      }
    }
  }, 120_000);

  it("gives only its own codes for whatever it is fed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(codeOf(bytes)).not.toBe("accepted");
      }),
      { numRuns: 2000 },
    );
  });

  it("gives only its own codes for whatever follows a good beginning", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
        expect(codeOf(new Uint8Array([...file.subarray(0, 42), ...rest]))).not.toBe("accepted");
      }),
      { numRuns: 2000 },
    );
  });

  it("gives only its own codes for signed payloads, and accepts none that it does not write", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(encodeCapability(capability).length - 1), fc.nat(255)), { maxLength: 3 }),
        (edits) => {
          const payload = encodeCapability(capability);
          for (const [at, value] of edits) payload[at] = value;
          const bytes = signed(payload);
          if (codeOf(bytes) === "accepted") expect(encodeCapability(verifyCapability(bytes, context))).toEqual(payload);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("capability payloads", () => {
  const grants = fc.subarray([...GRANTS] as Grant[]);
  const any: fc.Arbitrary<Capability> = fc.record({
    deviceId: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    grants,
    sequence: fc.integer({ min: 0, max: SEQUENCE_LIMIT }),
    use: fc.constantFrom("stored", "one-boot"),
    notAfterBoot: fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined }),
  });

  it("come back as they went in", () => {
    fc.assert(
      fc.property(any, (value) => {
        expect(decodeCapability(encodeCapability(value))).toEqual(value);
      }),
    );
  });

  it.each<[string, Partial<Capability>, string]>([
    ["a short device id", { deviceId: new Uint8Array(4) }, "field"],
    ["half a sequence", { sequence: 0.5 }, "field"],
    ["an unknown grant", { grants: ["root" as Grant] }, "grant-unknown"],
    ["grants out of order", { grants: ["console", "app-development"] }, "grant-unknown"],
  ])("are not made with %s", (_name, change, code) => {
    expect(() => encodeCapability({ ...capability, ...change })).toThrow(expect.objectContaining({ code }));
  });
});

/** Attack 1f with the check that stops it taken away: the tests above would notice. */
describe("a verifier without its check", () => {
  it("would take A's file on B if it did not compare devices", () => {
    const careless = {
      ...context,
      get deviceId() {
        return decodeCapability(payloadOf(file)).deviceId;
      },
    };
    expect(verifyCapability(file, careless)).toEqual(capability);
    expect(codeOf(file, { deviceId: deviceB })).toBe("device-mismatch");
  });

  it("would take a file with a grant changed if it did not look at the signature", () => {
    const changed = file.slice();
    const at = 45 + 38;
    expect(changed[at - 1]).toBe(0x81);
    changed[at] = GRANTS.indexOf("field-servicing");
    const careless = { ...context, crypto: { ...hostEs256, verifyP256: () => true } };
    expect(verifyCapability(changed, careless)).toEqual({ ...capability, grants: ["field-servicing"] });
    expect(codeOf(changed)).toBe("signature");
  });

  it("would take an image key's file if keys had no purpose", () => {
    const forged = makeCapabilityFile(capability, imageKey);
    expect(codeOf(forged, { keys: [trustedKey(key), trustedKey(imageKey)] })).toBe("accepted");
    expect(codeOf(forged)).toBe("key-unknown");
  });

  function payloadOf(bytes: Uint8Array): Uint8Array {
    return bytes.slice(45, bytes.length - 66);
  }
});
