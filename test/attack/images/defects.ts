/** Every way that we know to break an image, with the code that it must be refused with: the table behind the order of checks. */
import { hostImageCrypto } from "../../../host-tools/image/crypto.ts";
import { trustedKey } from "../../../host-tools/keys/key-file.ts";
import { writeUint16, writeUint32 } from "../../../protocol/image/bytes.ts";
import type { ImageErrorCode } from "../../../protocol/image/errors.ts";
import { FLAG_NON_BOOTABLE, FLAG_ROM_FIXED } from "../../../protocol/image/header.ts";
import {
  TLV_BOOT_RECORD,
  TLV_CLASS_ID,
  TLV_DEPENDENCY,
  TLV_ED25519_SIGNATURE,
  TLV_KEY_HASH,
  TLV_SECURITY_COUNTER,
  TLV_SHA256,
  TLV_VENDOR_ID,
  type TlvInput,
} from "../../../protocol/image/tlv.ts";
import { bootRecord, CLASS, COUNTER, type Forge, type Places, stranger, trusted, VENDOR } from "./forge.ts";

/** One broken rule. */
export interface Defect {
  readonly name: string;
  readonly code: ImageErrorCode;
  /** Defects that share a word change the same field, so that an image cannot have both. */
  readonly touches?: readonly string[];
  readonly apply: (forge: Forge) => void;
}

const edit = (change: (bytes: Uint8Array, places: Places) => void) => (forge: Forge) => void forge.edits.push(change);
const without = (type: number) => (forge: Forge) => {
  forge.protectedTlvs = forge.protectedTlvs.filter((tlv) => tlv.type !== type);
};
const add = (tlv: TlvInput) => (forge: Forge) => void forge.protectedTlvs.push(tlv);
const addUnprotected = (tlv: TlvInput) => (forge: Forge) => void forge.unprotectedTlvs.push(tlv);
const resize = (type: number, byteLength: number) => (forge: Forge) => {
  forge.protectedTlvs = forge.protectedTlvs.map((tlv) =>
    tlv.type === type ? { type, value: new Uint8Array(byteLength) } : tlv,
  );
};
const flag = (value: number) => (forge: Forge) => {
  forge.header.flags |= value;
};
const bytes = (length: number, value = 0) => new Uint8Array(length).fill(value);
const dependency: TlvInput = { type: TLV_DEPENDENCY, value: Uint8Array.of(0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0) };

/** In the order of the checks. */
export const DEFECTS: readonly Defect[] = [
  { name: "another magic", code: "image-magic", apply: edit((image) => writeUint32(image, 0, 0x96f3b83c)) },
  { name: "flash that reads erased", code: "image-magic", apply: edit((image) => image.fill(0xff)), touches: ["all"] },

  { name: "a header of 31 bytes", code: "image-sizes", apply: edit((image) => writeUint16(image, 8, 31)) },
  { name: "no payload", code: "image-sizes", apply: edit((image) => writeUint32(image, 12, 0)), touches: ["payload"] },
  {
    name: "a protected area of 7 bytes",
    code: "image-sizes",
    apply: edit((image) => writeUint16(image, 10, 7)),
    touches: ["protected size"],
  },
  {
    name: "sizes that wrap at 32 bits",
    code: "image-sizes",
    apply: edit((image) => writeUint32(image, 12, 0xffffffff)),
    touches: ["payload"],
  },

  { name: "a slot that ends inside it", code: "slot-bounds", apply: (forge) => forge.ask({ slotByteLength: 100 }) },
  {
    name: "a payload beyond the slot",
    code: "slot-bounds",
    apply: edit((image) => writeUint32(image, 12, 0x7fffffff)),
    touches: ["payload"],
  },
  {
    name: "a last area beyond the slot",
    code: "slot-bounds",
    apply: edit((image, { unprotectedArea }) => writeUint16(image, unprotectedArea + 2, 0xffff)),
    touches: ["last header", "payload", "protected size"],
  },

  {
    name: "another magic of the protected area",
    code: "tlv-structure",
    apply: edit((image, { protectedArea }) => writeUint16(image, protectedArea, 0x6907)),
  },
  {
    name: "another length of the protected area",
    code: "tlv-structure",
    apply: edit((image, { protectedArea }) => writeUint16(image, protectedArea + 2, 99)),
  },
  {
    name: "a protected TLV beyond its area",
    code: "tlv-structure",
    apply: edit((image, { protectedArea }) => writeUint16(image, protectedArea + 6, 0xffff)),
  },
  {
    name: "a protected size that the area does not have",
    code: "tlv-structure",
    apply: edit((image) => writeUint16(image, 10, (image[10] as number) - 1)),
    touches: ["protected size", "last header"],
  },
  {
    name: "another magic of the last area",
    code: "tlv-structure",
    apply: edit((image, { unprotectedArea }) => writeUint16(image, unprotectedArea, 0x6908)),
    touches: ["last header"],
  },
  {
    name: "a last area of 3 bytes",
    code: "tlv-structure",
    apply: edit((image, { unprotectedArea }) => writeUint16(image, unprotectedArea + 2, 3)),
    touches: ["last header"],
  },
  {
    name: "a last area that ends inside a TLV",
    code: "tlv-structure",
    apply: edit((image, { unprotectedArea }) => writeUint16(image, unprotectedArea + 2, 50)),
    touches: ["last header"],
  },
  {
    name: "65 TLVs",
    code: "tlv-structure",
    apply: (forge) => {
      for (let type = 0xa0; type < 0xa0 + 65; type++) forge.protectedTlvs.push({ type, value: bytes(1) });
    },
  },
  {
    name: "an area larger than a device reads",
    code: "tlv-structure",
    apply: add({ type: 0xb0, value: bytes(4096) }),
  },
  {
    name: "a key hash without its signature",
    code: "tlv-structure",
    apply: (forge) => void forge.lastTlvs.push({ type: TLV_KEY_HASH, value: bytes(32, 1) }),
  },
  {
    name: "a signature without its key hash",
    code: "tlv-structure",
    apply: addUnprotected({ type: TLV_ED25519_SIGNATURE, value: bytes(64) }),
  },
  {
    name: "five signatures",
    code: "tlv-structure",
    apply: (forge) => {
      for (let index = 0; index < 4; index++) {
        forge.unprotectedTlvs.push({ type: TLV_KEY_HASH, value: bytes(32, index) });
        forge.unprotectedTlvs.push({ type: TLV_ED25519_SIGNATURE, value: bytes(64) });
      }
    },
  },

  {
    name: "two counters",
    code: "tlv-duplicate",
    apply: add({ type: TLV_SECURITY_COUNTER, value: bytes(4, 0xff) }),
    touches: ["counter"],
  },
  {
    name: "two vendors",
    code: "tlv-duplicate",
    apply: add({ type: TLV_VENDOR_ID, value: VENDOR }),
    touches: ["vendor"],
  },
  {
    name: "a dependency on one image twice",
    code: "tlv-duplicate",
    apply: (forge) => void forge.protectedTlvs.push(dependency, dependency),
  },
  {
    name: "two digests",
    code: "tlv-duplicate",
    apply: addUnprotected({ type: TLV_SHA256, value: bytes(32) }),
    touches: ["digest"],
  },
  {
    name: "two signatures of one key",
    code: "tlv-duplicate",
    apply: (forge) => {
      const pair = [
        { type: TLV_KEY_HASH, value: trusted.keyHash },
        { type: TLV_ED25519_SIGNATURE, value: bytes(64) },
      ];
      forge.lastTlvs.unshift(...pair, ...pair);
    },
  },

  { name: "an encryption flag", code: "header-unsupported", apply: flag(0x04) },
  { name: "both placement flags", code: "header-unsupported", apply: flag(FLAG_ROM_FIXED) },
  {
    name: "a reserved field",
    code: "header-unsupported",
    apply: (forge) => {
      forge.header.reserved = 0x80000000;
    },
  },

  { name: "an unknown protected type", code: "tlv-not-allowed", apply: add({ type: 0x61, value: bytes(1) }) },
  { name: "a protected digest", code: "tlv-not-allowed", apply: add({ type: TLV_SHA256, value: bytes(32) }) },
  {
    name: "a counter in the last area (CVE-2024-32883)",
    code: "tlv-not-allowed",
    apply: addUnprotected({ type: TLV_SECURITY_COUNTER, value: bytes(4, 0xff) }),
  },
  {
    name: "a vendor TLV in the last area",
    code: "tlv-not-allowed",
    apply: addUnprotected({ type: 0xa0, value: bytes(1) }),
  },

  {
    name: "a counter of 5 bytes",
    code: "tlv-length",
    apply: resize(TLV_SECURITY_COUNTER, 5),
    touches: ["counter"],
  },
  { name: "a vendor of 15 bytes", code: "tlv-length", apply: resize(TLV_VENDOR_ID, 15), touches: ["vendor"] },
  { name: "a class of no bytes", code: "tlv-length", apply: resize(TLV_CLASS_ID, 0), touches: ["class"] },
  {
    name: "a dependency of 11 bytes",
    code: "tlv-length",
    apply: add({ type: TLV_DEPENDENCY, value: bytes(11, 9) }),
  },
  {
    name: "a recorded digest of 31 bytes",
    code: "tlv-length",
    apply: (forge) => {
      forge.recordedDigest = bytes(31);
    },
    touches: ["digest"],
  },

  { name: "no counter", code: "tlv-missing", apply: without(TLV_SECURITY_COUNTER), touches: ["counter"] },
  { name: "no boot record", code: "tlv-missing", apply: without(TLV_BOOT_RECORD), touches: ["boot record"] },
  { name: "no vendor", code: "tlv-missing", apply: without(TLV_VENDOR_ID), touches: ["vendor"] },
  { name: "no class", code: "tlv-missing", apply: without(TLV_CLASS_ID), touches: ["class"] },
  {
    name: "no digest",
    code: "tlv-missing",
    apply: (forge) => {
      forge.hasDigest = false;
    },
    touches: ["digest"],
  },

  {
    name: "a changed payload",
    code: "digest-mismatch",
    apply: edit((image) => {
      image[32] = (image[32] as number) ^ 0x01;
    }),
  },
  {
    name: "another recorded digest",
    code: "digest-mismatch",
    apply: (forge) => {
      forge.recordedDigest = bytes(32, 0x5a);
    },
    touches: ["digest"],
  },

  {
    name: "a stranger's signature",
    code: "key-unknown",
    apply: (forge) => {
      forge.signer = stranger;
    },
  },
  {
    name: "a revoked key",
    code: "key-revoked",
    apply: (forge) => forge.ask({ keys: [trustedKey(trusted, true)] }),
  },
  {
    name: "an algorithm that the stage does not have",
    code: "algorithm-unsupported",
    apply: (forge) => {
      forge.crypto = { verifyP256: hostImageCrypto.verifyP256 };
    },
  },
  {
    name: "a signature of another image",
    code: "signature-invalid",
    apply: (forge) => {
      forge.signedDigest = bytes(32, 3);
    },
  },

  {
    name: "a counter below the device's",
    code: "counter-too-low",
    apply: (forge) => forge.ask({ minimumCounter: COUNTER + 1 }),
  },
  { name: "another vendor's", code: "vendor-mismatch", apply: (forge) => forge.ask({ vendorId: CLASS }) },
  { name: "another product's", code: "class-mismatch", apply: (forge) => forge.ask({ classId: VENDOR }) },
  { name: "a dependency on nothing there", code: "dependency-unmet", apply: add(dependency) },
  { name: "a package", code: "not-bootable", apply: flag(FLAG_NON_BOOTABLE) },
  {
    name: "another address",
    code: "address-mismatch",
    apply: (forge) => {
      forge.header.loadAddress += 0x1000;
    },
  },
  {
    name: "a boot record with a measurement in it",
    code: "boot-record",
    apply: (forge) => {
      const record = bootRecord();
      record[record.length - 1] = 1;
      forge.protectedTlvs = forge.protectedTlvs.map((tlv) =>
        tlv.type === TLV_BOOT_RECORD ? { ...tlv, value: record } : tlv,
      );
    },
    touches: ["boot record"],
  },
];
