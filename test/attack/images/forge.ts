/** Makes images that break rules, each rule by itself: everything that is not broken on purpose is right, the signature too. */
import { createHash } from "node:crypto";
import { type ImageCrypto, type VerificationPolicy, verifyImage } from "../../../bootloader/verify.ts";
import { hostImageCrypto, signDigest } from "../../../host-tools/image/crypto.ts";
import { memoryImageSource } from "../../../host-tools/image/source.ts";
import { type ImageKey, trustedKey } from "../../../host-tools/keys/key-file.ts";
import { testKey } from "../../../host-tools/keys/test-key.ts";
import { encodeBootRecord } from "../../../protocol/image/boot-record.ts";
import { writeUint16, writeUint32 } from "../../../protocol/image/bytes.ts";
import { ImageError } from "../../../protocol/image/errors.ts";
import { FLAG_RAM_LOAD, IMAGE_MAGIC } from "../../../protocol/image/header.ts";
import {
  encodeArea,
  PROTECTED_AREA_MAGIC,
  TLV_BOOT_RECORD,
  TLV_CLASS_ID,
  TLV_ECDSA_SIGNATURE,
  TLV_ED25519_SIGNATURE,
  TLV_KEY_HASH,
  TLV_SECURITY_COUNTER,
  TLV_SHA256,
  TLV_VENDOR_ID,
  type TlvInput,
  UNPROTECTED_AREA_MAGIC,
} from "../../../protocol/image/tlv.ts";

export const VENDOR = new Uint8Array(16).fill(0x11);
export const CLASS = new Uint8Array(16).fill(0x22);
export const RUN_ADDRESS = 0x40100000;
export const COUNTER = 7;
export const SLOT_BYTE_LENGTH = 0x2000;

/** The key that the policy trusts, and one that it has never heard of. Ed25519: the host signs and verifies that quickly. */
export const trusted = testKey("ed25519");
export const stranger = testKey("ed25519");

/** Where parts of a forged image begin, in bytes. */
export interface Places {
  readonly protectedArea: number;
  readonly unprotectedArea: number;
}

/** All that goes into an image and its verification. A defect changes one thing. */
export class Forge {
  header = { loadAddress: RUN_ADDRESS, flags: FLAG_RAM_LOAD, reserved: 0 };
  payload = Uint8Array.from({ length: 50 }, (_, index) => index);
  protectedTlvs: TlvInput[] = [
    { type: TLV_SECURITY_COUNTER, value: Uint8Array.of(COUNTER, 0, 0, 0) },
    { type: TLV_BOOT_RECORD, value: bootRecord() },
    { type: TLV_VENDOR_ID, value: VENDOR },
    { type: TLV_CLASS_ID, value: CLASS },
  ];
  signer: ImageKey = trusted;
  /** Behind the digest, before keys and signatures. */
  unprotectedTlvs: TlvInput[] = [];
  /** Behind keys and signatures. */
  lastTlvs: TlvInput[] = [];
  hasDigest = true;
  /** What the image records in place of its digest. */
  recordedDigest: Uint8Array | undefined;
  /** What is signed in place of the digest. */
  signedDigest: Uint8Array | undefined;
  /** Changes of the finished bytes. */
  edits: ((bytes: Uint8Array, places: Places) => void)[] = [];
  policy: VerificationPolicy = {
    profile: "holdfast",
    keys: [trustedKey(trusted)],
    minimumCounter: COUNTER,
    vendorId: VENDOR,
    classId: CLASS,
    slotByteLength: SLOT_BYTE_LENGTH,
    installedVersion: () => undefined,
    bootable: true,
    runAddress: RUN_ADDRESS,
  };
  crypto: ImageCrypto = hostImageCrypto;

  /** Changes what the policy says. */
  ask(changes: Partial<VerificationPolicy>): void {
    this.policy = { ...this.policy, ...changes };
  }

  bytes(): Uint8Array {
    const area = encodeArea(PROTECTED_AREA_MAGIC, this.protectedTlvs);
    const header = new Uint8Array(32);
    writeUint32(header, 0, IMAGE_MAGIC);
    writeUint32(header, 4, this.header.loadAddress);
    writeUint16(header, 8, header.length);
    writeUint16(header, 10, area.length);
    writeUint32(header, 12, this.payload.length);
    writeUint32(header, 16, this.header.flags);
    header.set([1, 2, 3, 0, 4, 0, 0, 0], 20);
    writeUint32(header, 28, this.header.reserved);
    const region = new Uint8Array([...header, ...this.payload, ...area]);
    const digest = new Uint8Array(createHash("sha256").update(region).digest());
    const { signature } = signDigest(this.signedDigest ?? digest, this.signer);
    const isEcdsa = this.signer.publicKey.algorithm === "ecdsa-p256";
    const tlvs: TlvInput[] = [
      ...(this.hasDigest ? [{ type: TLV_SHA256, value: this.recordedDigest ?? digest }] : []),
      ...this.unprotectedTlvs,
      { type: TLV_KEY_HASH, value: this.signer.keyHash },
      { type: isEcdsa ? TLV_ECDSA_SIGNATURE : TLV_ED25519_SIGNATURE, value: signature },
      ...this.lastTlvs,
    ];
    const bytes = new Uint8Array([...region, ...encodeArea(UNPROTECTED_AREA_MAGIC, tlvs)]);
    const places = { protectedArea: region.length - area.length, unprotectedArea: region.length };
    for (const edit of this.edits) edit(bytes, places);
    return bytes;
  }

  /** What the boot stage says: the code of the refusal, or `accepted`. */
  verdict(): string {
    return verdictOn(this.bytes(), this.policy, this.crypto);
  }
}

/** The code with which an image is refused, or `accepted`. */
export function verdictOn(
  bytes: Uint8Array,
  policy: VerificationPolicy,
  crypto: ImageCrypto = hostImageCrypto,
): string {
  try {
    verifyImage(memoryImageSource(bytes), policy, crypto);
    return "accepted";
  } catch (error) {
    if (error instanceof ImageError) return error.code;
    throw error;
  }
}

export function bootRecord(): Uint8Array {
  return encodeBootRecord({ softwareType: "RUNTIME", version: "1.2.3", signer: trusted.keyHash });
}
