/** Every reason to refuse an image, the order of the checks, and what hostile bytes can do: get refused, with a known code. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { hostImageCrypto, signDigest } from "../host-tools/image/crypto.ts";
import { memoryImageSource } from "../host-tools/image/source.ts";
import { type ImageKey, trustedKey } from "../host-tools/keys/key-file.ts";
import { testKey } from "../host-tools/keys/test-key.ts";
import { toHex, writeUint16, writeUint32 } from "../protocol/image/bytes.ts";
import { rawSignatureFromDer } from "../protocol/image/ecdsa-signature.ts";
import { IMAGE_ERROR_CODES, ImageError, type ImageErrorCode } from "../protocol/image/errors.ts";
import { attachSignatures, type ImageDescription, prepareImage } from "../protocol/image/image.ts";
import { decodeAreaBody, encodeArea, type TlvInput } from "../protocol/image/tlv.ts";
import { parseVersion } from "../protocol/image/version.ts";
import { type ImageCrypto, type VerificationPolicy, verifyImage } from "./verify.ts";

const vendorId = new Uint8Array(16).fill(0x11);
const classId = new Uint8Array(16).fill(0x22);
const first = testKey("ecdsa-p256");
const second = testKey("ecdsa-p256");
const edwards = testKey("ed25519");

const description: ImageDescription = {
  payload: new Uint8Array(24).fill(0xc3),
  version: parseVersion("1.2.3+4"),
  placement: { kind: "ram", address: 0x40100000 },
  securityCounter: 7,
  softwareType: "RUNTIME",
  vendorId,
  classId,
};

const policy: VerificationPolicy = {
  profile: "holdfast",
  keys: [trustedKey(first)],
  minimumCounter: 7,
  vendorId,
  classId,
  slotByteLength: 0x1000,
  installedVersion: () => undefined,
  bootable: true,
  runAddress: 0x40100000,
};

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** Signs whatever the region holds, so that the checks behind the signature can be reached. */
function sign(region: Uint8Array, ...keys: ImageKey[]): Uint8Array {
  const digest = sha256(region);
  return attachSignatures(
    region,
    digest,
    keys.map((key) => signDigest(digest, key)),
  );
}

function image(changes: Partial<ImageDescription> = {}, ...keys: ImageKey[]): Uint8Array {
  return sign(prepareImage({ ...description, ...changes }), ...(keys.length === 0 ? [first] : keys));
}

/** An image whose protected area holds the given TLVs, rightly signed. */
function imageWithProtected(tlvs: readonly TlvInput[]): Uint8Array {
  const area = encodeArea(0x6908, tlvs);
  const region = new Uint8Array([
    ...prepareImage({ payload: description.payload, version: description.version }),
    ...area,
  ]);
  writeUint16(region, 10, area.length);
  return sign(region, first);
}

/** An image whose unprotected area is rewritten from its own TLVs. */
function imageWithUnprotected(change: (tlvs: TlvInput[]) => readonly TlvInput[], ...keys: ImageKey[]): Uint8Array {
  const region = prepareImage(description);
  const body = sign(region, ...(keys.length === 0 ? [first] : keys)).subarray(region.length + 4);
  return new Uint8Array([...region, ...encodeArea(0x6907, change([...decodeAreaBody(body, 0)]))]);
}

function protectedTlvs(): TlvInput[] {
  const region = prepareImage(description);
  return [...decodeAreaBody(region.subarray(32 + description.payload.length + 4), 0)];
}

function codeOf(bytes: Uint8Array, changes: Partial<VerificationPolicy> = {}, crypto = hostImageCrypto): string {
  try {
    verifyImage(memoryImageSource(bytes), { ...policy, ...changes }, crypto);
    return "accepted";
  } catch (error) {
    if (error instanceof ImageError) return error.code;
    throw error;
  }
}

/** Changes header fields of a prepared region. */
function header(change: (region: Uint8Array) => void): Uint8Array {
  const region = prepareImage(description);
  change(region);
  return sign(region, first);
}

const not = (type: number) => (tlv: TlvInput) => tlv.type !== type;
const anything = (type: number, length = 4): TlvInput => ({ type, value: new Uint8Array(length) });

describe("an image that keeps every rule", () => {
  it("is accepted, and says what was verified", () => {
    const bytes = image();
    const verified = verifyImage(memoryImageSource(bytes), policy, hostImageCrypto);
    const signed = 32 + description.payload.length + verified.header.protectedByteLength;
    expect(toHex(verified.digest)).toBe(toHex(sha256(bytes.subarray(0, signed))));
    expect(verified.header.version).toEqual(description.version);
    expect(verified.key.keyHash).toEqual(first.keyHash);
    expect(verified.securityCounter).toBe(7);
    expect(verified.bootRecord?.softwareType).toBe("RUNTIME");
    expect(verified.vendorId).toEqual(vendorId);
    expect(verified.classId).toEqual(classId);
    expect(verified.imageByteLength).toBe(bytes.length);
  });

  it("may be signed with Ed25519", () => {
    expect(codeOf(image({}, edwards), { keys: [trustedKey(edwards)] })).toBe("accepted");
  });

  it("may be followed by an erased slot or anything else", () => {
    expect(codeOf(new Uint8Array([...image(), ...new Uint8Array(100).fill(0xff)]))).toBe("accepted");
  });

  it("may fill its slot to the last byte, and no further", () => {
    const bytes = image();
    expect(codeOf(bytes, { slotByteLength: bytes.length })).toBe("accepted");
    expect(codeOf(bytes, { slotByteLength: bytes.length - 1 })).toBe("slot-bounds");
  });

  it("reads the payload through the digest alone", () => {
    const bytes = image({ payload: new Uint8Array(2000) });
    const source = memoryImageSource(bytes);
    const read = vi.spyOn(source, "read");
    verifyImage(source, policy, hostImageCrypto);
    expect(read.mock.calls.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(500);
  });
});

describe("refusals", () => {
  const cases: readonly [string, ImageErrorCode, () => Uint8Array, Partial<VerificationPolicy>?][] = [
    ["nothing", "image-magic", () => new Uint8Array(0)],
    ["an erased slot", "image-magic", () => new Uint8Array(4096).fill(0xff)],
    ["the magic of MCUboot's first format", "image-magic", () => header((bytes) => bytes.set([0x3c], 0))],
    ["a header size below 32", "image-sizes", () => header((bytes) => writeUint16(bytes, 8, 31))],
    ["an empty payload", "image-sizes", () => header((bytes) => writeUint32(bytes, 12, 0))],
    ["a payload size that overflows", "image-sizes", () => header((bytes) => writeUint32(bytes, 12, 0xfffffff0))],
    ["a payload past the slot", "slot-bounds", () => header((bytes) => writeUint32(bytes, 12, 0x1000))],
    ["a payload larger than what is there", "slot-bounds", () => header((bytes) => writeUint32(bytes, 12, 500))],
    ["a protected size that disagrees", "tlv-structure", () => header((bytes) => writeUint16(bytes, 10, 150))],
    [
      "a protected area that the header leaves out",
      "tlv-structure",
      () => header((bytes) => writeUint16(bytes, 10, 0)),
    ],
    ["an area without its magic", "tlv-structure", () => header((bytes) => bytes.set([0], 32 + 24))],
    [
      "a protected TLV past its area",
      "tlv-structure",
      () => header((bytes) => writeUint16(bytes, 32 + 24 + 6, 0xffff)),
    ],
    [
      "a large TLV area",
      "tlv-structure",
      () => image({ vendorTlvs: [anything(0xa0, 4096)] }),
      { slotByteLength: 0x4000 },
    ],
    ["an encryption flag", "header-unsupported", () => header((bytes) => writeUint32(bytes, 16, 0x24))],
    ["both kinds of placement", "header-unsupported", () => header((bytes) => writeUint32(bytes, 16, 0x120))],
    ["a reserved field in use", "header-unsupported", () => header((bytes) => writeUint32(bytes, 28, 1))],
    ["an unknown protected type", "tlv-not-allowed", () => imageWithProtected([...protectedTlvs(), anything(0x76)])],
    [
      "a digest in the protected area",
      "tlv-not-allowed",
      () => imageWithProtected([...protectedTlvs(), anything(0x10, 32)]),
    ],
    ["a counter twice", "tlv-duplicate", () => imageWithProtected([...protectedTlvs(), anything(0x50)])],
    [
      "a vendor type twice",
      "tlv-duplicate",
      () => imageWithProtected([...protectedTlvs(), anything(0xa0), anything(0xa0)]),
    ],
    [
      "a counter of 8 bytes",
      "tlv-length",
      () => imageWithProtected([...protectedTlvs().filter(not(0x50)), anything(0x50, 8)]),
    ],
    [
      "a vendor of 15 bytes",
      "tlv-length",
      () => imageWithProtected([...protectedTlvs().filter(not(0x74)), anything(0x74, 15)]),
    ],
    ["no counter", "tlv-missing", () => image({ securityCounter: undefined } as never)],
    ["no boot record", "tlv-missing", () => image({ softwareType: undefined } as never)],
    ["no vendor", "tlv-missing", () => image({ vendorId: undefined } as never)],
    ["no class", "tlv-missing", () => image({ classId: undefined } as never)],
    [
      "an unprotected counter (CVE-2024-32883)",
      "tlv-not-allowed",
      () => imageWithUnprotected((tlvs) => [...tlvs, anything(0x50)]),
    ],
    ["an unprotected vendor type", "tlv-not-allowed", () => imageWithUnprotected((tlvs) => [...tlvs, anything(0xa0)])],
    ["a whole public key", "tlv-not-allowed", () => imageWithUnprotected((tlvs) => [...tlvs, anything(0x02, 91)])],
    ["two digests", "tlv-duplicate", () => imageWithUnprotected((tlvs) => [...tlvs, ...tlvs.slice(0, 1)])],
    ["the same key twice", "tlv-duplicate", () => imageWithUnprotected((tlvs) => [...tlvs, ...tlvs.slice(1)])],
    ["no digest", "tlv-missing", () => imageWithUnprotected((tlvs) => tlvs.slice(1))],
    ["no signature", "tlv-missing", () => imageWithUnprotected((tlvs) => tlvs.slice(0, 1))],
    [
      "a signature without its key",
      "tlv-structure",
      () => imageWithUnprotected((tlvs) => [...tlvs.slice(0, 1), ...tlvs.slice(2)]),
    ],
    ["a key without its signature", "tlv-structure", () => imageWithUnprotected((tlvs) => tlvs.slice(0, 2))],
    [
      "two key hashes in a row",
      "tlv-structure",
      () => imageWithUnprotected((tlvs) => [...tlvs.slice(0, 1), anything(0x01, 32), ...tlvs.slice(1)]),
    ],
    ["five signatures", "tlv-structure", () => image({}, ...Array.from({ length: 5 }, () => testKey("ed25519")))],
    [
      "an Ed25519 signature of 63 bytes",
      "tlv-length",
      () => imageWithUnprotected((tlvs) => [...tlvs.slice(0, 2), anything(0x24, 63)]),
    ],
    ["another payload", "digest-mismatch", () => image().map((value, index) => (index === 40 ? value ^ 1 : value))],
    ["an unknown key", "key-unknown", () => image({}, second)],
    ["a revoked key", "key-revoked", () => image(), { keys: [trustedKey(first, true)] }],
    [
      "a key listed good and revoked",
      "key-revoked",
      () => image(),
      { keys: [trustedKey(first), trustedKey(first, true)] },
    ],
    [
      "a key listed revoked and good",
      "key-revoked",
      () => image(),
      { keys: [trustedKey(first, true), trustedKey(first)] },
    ],
    ["a good key's hash on another's signature", "signature-invalid", () => imageWithUnprotected(forge)],
    [
      "a signature of another algorithm",
      "signature-invalid",
      () => imageWithUnprotected((tlvs) => [...tlvs.slice(0, 2), anything(0x24, 64)]),
    ],
    [
      "an empty ECDSA signature",
      "signature-invalid",
      () => imageWithUnprotected((tlvs) => [...tlvs.slice(0, 2), anything(0x22, 0)]),
    ],
    ["a lower counter", "counter-too-low", () => image({ securityCounter: 6 })],
    ["another vendor", "vendor-mismatch", () => image({ vendorId: classId })],
    ["another class", "class-mismatch", () => image({ classId: vendorId })],
    [
      "a missing dependency",
      "dependency-unmet",
      () => image({ dependencies: [{ image: 1, minimum: parseVersion("1") }] }),
    ],
    ["a package", "not-bootable", () => image({ bootable: false })],
    ["another slot's address", "address-mismatch", () => image({ placement: { kind: "ram", address: 0x40200000 } })],
    ["no address", "address-mismatch", () => image({ placement: { kind: "anywhere" } }), { runAddress: 0 }],
    [
      "a boot record that is not one",
      "boot-record",
      () => imageWithProtected([...protectedTlvs().filter(not(0x60)), anything(0x60, 0)]),
      { runAddress: "any" },
    ],
  ];

  function forge(tlvs: TlvInput[]): readonly TlvInput[] {
    const digest = (tlvs[0] as TlvInput).value;
    return [...tlvs.slice(0, 2), { type: 0x22, value: signDigest(digest, second).signature }];
  }

  it.each(cases)("%s: %s", (_name, code, build, changes) => {
    expect(codeOf(build(), changes)).toBe(code);
  });

  it("cover every code but those of making images and of missing algorithms", () => {
    const covered = new Set(cases.map(([, code]) => code));
    const missing = IMAGE_ERROR_CODES.filter((code) => !covered.has(code));
    expect(missing).toEqual(["algorithm-unsupported", "build-value"]);
  });

  it("say what was expected, found and where, on one line", () => {
    for (const [, , build, changes] of cases) {
      try {
        verifyImage(memoryImageSource(build()), { ...policy, ...changes }, hostImageCrypto);
      } catch (error) {
        expect((error as Error).message).toMatch(/^expected [^\n]+, found [^\n]+$/);
      }
    }
  });
});

describe("order of the checks", () => {
  /** Each step adds a fault that is checked before all earlier ones, so the newest must be the one reported. */
  it("reports the earliest fault of many", () => {
    const wrongUse = { bootable: false, placement: { kind: "anywhere" } } as const;
    const dependencies = [{ image: 1, minimum: parseVersion("1") }];
    expect(codeOf(image(wrongUse))).toBe("not-bootable");
    expect(codeOf(image({ ...wrongUse, dependencies }))).toBe("dependency-unmet");
    expect(codeOf(image({ ...wrongUse, dependencies, classId: vendorId }))).toBe("class-mismatch");
    const product = { ...wrongUse, dependencies, classId: vendorId, vendorId: classId };
    expect(codeOf(image(product))).toBe("vendor-mismatch");
    const old = { ...product, securityCounter: 1 };
    expect(codeOf(image(old))).toBe("counter-too-low");
    const keyHash = first.keyHash;
    const region = prepareImage({ ...description, ...old });
    const stolen = { ...signDigest(sha256(region), second), keyHash };
    expect(codeOf(attachSignatures(region, sha256(region), [stolen]))).toBe("signature-invalid");
    const revoked = { keys: [trustedKey(first, true)] };
    expect(codeOf(attachSignatures(region, sha256(region), [stolen]), revoked)).toBe("key-revoked");
    expect(codeOf(attachSignatures(region, sha256(region), [stolen]), { keys: [] })).toBe("key-unknown");
    const bytes = attachSignatures(region, new Uint8Array(32), [stolen]);
    expect(codeOf(bytes, { keys: [] })).toBe("digest-mismatch");
    writeUint32(bytes, 28, 1);
    expect(codeOf(bytes, { keys: [] })).toBe("header-unsupported");
    writeUint16(bytes, region.length + 2, 200);
    expect(codeOf(bytes, { keys: [] })).toBe("slot-bounds");
    writeUint16(bytes, region.length, 0);
    expect(codeOf(bytes, { keys: [] })).toBe("tlv-structure");
    writeUint32(bytes, 12, 5000);
    expect(codeOf(bytes, { keys: [] })).toBe("slot-bounds");
    writeUint16(bytes, 8, 0);
    expect(codeOf(bytes, { keys: [] })).toBe("image-sizes");
    bytes[0] = 0;
    expect(codeOf(bytes, { keys: [] })).toBe("image-magic");
  });
});

describe("several signatures", () => {
  const region = prepareImage(description);
  const digest = sha256(region);
  const good = signDigest(digest, first);
  const bad = { ...signDigest(sha256(digest), second) };
  const keys = [trustedKey(first), trustedKey(second)];

  it.each([
    ["good then bad", [good, bad]],
    ["bad then good", [bad, good]],
  ])("%s: accepted, because one trusted key is enough", (_name, signatures) => {
    expect(codeOf(attachSignatures(region, digest, signatures), { keys })).toBe("accepted");
  });

  it("refuses when the only good one is of a revoked key", () => {
    const policyKeys = [trustedKey(first, true), trustedKey(second)];
    expect(codeOf(attachSignatures(region, digest, [good, bad]), { keys: policyKeys })).toBe("signature-invalid");
    expect(codeOf(attachSignatures(region, digest, [good]), { keys: policyKeys })).toBe("key-revoked");
  });

  it("accepts an image moving from one key to the next under either", () => {
    const bytes = image({}, first, edwards);
    expect(codeOf(bytes, { keys: [trustedKey(first)] })).toBe("accepted");
    expect(codeOf(bytes, { keys: [trustedKey(edwards)] })).toBe("accepted");
    expect(codeOf(bytes, { keys: [trustedKey(first, true), trustedKey(edwards)] })).toBe("accepted");
  });

  it("says when the algorithm is missing", () => {
    const crypto: ImageCrypto = { verifyP256: hostImageCrypto.verifyP256 };
    expect(codeOf(image({}, edwards), { keys: [trustedKey(edwards)] }, crypto)).toBe("algorithm-unsupported");
  });

  it("never tries a key with another algorithm than its own", () => {
    const credulous: ImageCrypto = { verifyP256: () => true, verifyEd25519: () => true };
    const confused = { ...signDigest(digest, edwards), keyHash: first.keyHash };
    expect(codeOf(attachSignatures(region, digest, [confused]), {}, credulous)).toBe("signature-invalid");
  });

  it("asks the native code with the raw signature, once", () => {
    const verifyP256 = vi.fn(() => true);
    codeOf(image(), {}, { verifyP256 });
    expect(verifyP256.mock.calls).toEqual([[first.publicKey.bytes, digest, rawSignatureFromDer(good.signature)]]);
  });
});

describe("dependencies", () => {
  const bytes = image({
    dependencies: [
      { image: 1, minimum: parseVersion("1.2.0+5") },
      { image: 2, minimum: parseVersion("3") },
    ],
  });
  it.each([
    ["1.2.0+5", "accepted"],
    ["1.2.0+4", "dependency-unmet"],
    ["2.0.0+0", "accepted"],
  ])("an installed %s is %s", (installed, code) => {
    const installedVersion = (number: number) => parseVersion(number === 1 ? installed : "3.0.0");
    expect(codeOf(bytes, { installedVersion })).toBe(code);
  });

  it("on the same image twice are refused", () => {
    const minimum = parseVersion("1");
    expect(
      codeOf(
        image({
          dependencies: [
            { image: 1, minimum },
            { image: 1, minimum },
          ],
        }),
      ),
    ).toBe("tlv-duplicate");
  });
});

describe("the mcuboot profile", () => {
  const plain = sign(prepareImage({ payload: description.payload, version: description.version }), first);
  const open = { profile: "mcuboot", minimumCounter: 0, vendorId: "any", classId: "any", runAddress: "any" } as const;

  it("admits an image without protected TLVs, which holdfast refuses", () => {
    expect(codeOf(plain, open)).toBe("accepted");
    expect(codeOf(plain, { ...open, profile: "holdfast" })).toBe("tlv-missing");
  });

  it("still asks for what the policy asks for", () => {
    expect(codeOf(plain, { ...open, minimumCounter: 1 })).toBe("counter-too-low");
    expect(codeOf(plain, { ...open, vendorId })).toBe("vendor-mismatch");
    expect(codeOf(plain, { ...open, classId })).toBe("class-mismatch");
  });

  it("still refuses protected types in the unprotected area", () => {
    expect(
      codeOf(
        imageWithUnprotected((tlvs) => [...tlvs, anything(0x50)]),
        open,
      ),
    ).toBe("tlv-not-allowed");
  });
});

describe.each([
  ["EC P-256", first],
  ["Ed25519", edwards],
])("hostile bytes, %s", (_name, key) => {
  let bytes: Uint8Array;
  const changes = { keys: [trustedKey(key)] };
  beforeAll(() => {
    bytes = image({}, key);
  });

  it("every single-bit flip is refused", () => {
    const accepted: string[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const copy = bytes.slice();
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      if (codeOf(copy, changes) === "accepted") accepted.push(`byte ${bit >> 3} bit ${bit & 7}`);
    }
    expect(accepted).toEqual([]);
  });

  it("every byte replaced by its complement, by 0 or by 0xff is refused", () => {
    const accepted: number[] = [];
    for (let offset = 0; offset < bytes.length; offset++) {
      for (const value of [0, 0xff, 0xff - (bytes[offset] as number)]) {
        if (value === bytes[offset]) continue;
        const copy = bytes.slice();
        copy[offset] = value;
        if (codeOf(copy, changes) === "accepted") accepted.push(offset);
      }
    }
    expect(accepted).toEqual([]);
  });

  it("every shorter image is refused", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(bytes.slice(0, length), changes)).not.toBe("accepted");
    }
  });
});

describe("fuzz", () => {
  const bytes = image({ dependencies: [{ image: 1, minimum: parseVersion("1") }], vendorTlvs: [anything(0xa0, 3)] });
  const known = new Set<string>([...IMAGE_ERROR_CODES, "accepted"]);
  /** Lets everything pass, so that hostile bytes reach the code behind the signature. */
  const credulous: ImageCrypto = { verifyP256: () => true, verifyEd25519: () => true };

  const edit = fc.oneof(
    fc.record({ kind: fc.constant("byte"), at: fc.nat(bytes.length - 1), value: fc.nat(255) }),
    fc.record({
      kind: fc.constant("word"),
      at: fc.nat(bytes.length - 4),
      value: fc.constantFrom(0, 1, 3, 4, 7, 8, 0x1f, 0x20, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff),
    }),
    fc.record({ kind: fc.constant("cut"), at: fc.nat(bytes.length), value: fc.constant(0) }),
    fc.record({ kind: fc.constant("insert"), at: fc.nat(bytes.length), value: fc.nat(255) }),
    fc.record({ kind: fc.constant("remove"), at: fc.nat(bytes.length - 1), value: fc.constant(0) }),
  );

  function apply(edits: readonly { kind: string; at: number; value: number }[]): Uint8Array {
    let out = [...bytes];
    for (const { kind, at, value } of edits) {
      if (kind === "byte" && at < out.length) out[at] = value;
      if (kind === "word" && at + 4 <= out.length) {
        out.splice(at, 4, value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
      }
      if (kind === "cut") out = out.slice(0, at);
      if (kind === "insert") out.splice(at, 0, value);
      if (kind === "remove") out.splice(at, 1);
    }
    return new Uint8Array(out);
  }

  const installedVersion = () => parseVersion("1");

  it("edits of a signed image end in a known code, and nothing but the image itself is accepted", () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const hostile = apply(edits);
        const code = codeOf(hostile, { installedVersion });
        expect(known.has(code)).toBe(true);
        if (code === "accepted") expect(toHex(hostile.subarray(0, bytes.length))).toBe(toHex(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  it("edits that are signed again end in a known code", () => {
    let reached = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 0, maxLength: 3 }), (edits) => {
        const source = memoryImageSource(apply(edits));
        const digest = bytes.subarray(bytes.length - 36 - 36, bytes.length);
        // A digest that always agrees stands for an attacker who has the key.
        const agreeing = { ...source, digest: () => findDigest(source.read(0, source.byteLength)) ?? digest };
        try {
          verifyImage(agreeing, { ...policy, installedVersion }, credulous);
          reached++;
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
          expect(known.has((error as ImageError).code)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
    expect(reached).toBeGreaterThan(100);
  });

  it("random bytes behind a magic end in a known code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 600 }), (noise) => {
        const hostile = new Uint8Array([0x3d, 0xb8, 0xf3, 0x96, ...noise]);
        expect(codeOf(hostile, {}, credulous)).not.toBe("accepted");
      }),
      { numRuns: 2000 },
    );
  });

  it("is not slow on the largest areas that it reads", () => {
    const many = Array.from({ length: 60 }, (_, index) => anything(0xa0 + index, 40));
    const started = performance.now();
    expect(codeOf(image({ vendorTlvs: many }), { slotByteLength: 0x4000 })).toBe("accepted");
    expect(performance.now() - started).toBeLessThan(500);
  });
});

/** The value of the digest TLV wherever it now is. */
function findDigest(bytes: Uint8Array): Uint8Array | undefined {
  const at = Buffer.from(bytes).indexOf(Buffer.from("10002000", "hex"));
  return at < 0 || at + 36 > bytes.length ? undefined : bytes.slice(at + 4, at + 36);
}
