/** Describes an image for people and programs, trusting nothing in it. */
import { createHash } from "node:crypto";
import { type BootRecord, decodeBootRecord } from "../../protocol/image/boot-record.ts";
import { equalBytes, readUint32, toHex } from "../../protocol/image/bytes.ts";
import { ImageError } from "../../protocol/image/errors.ts";
import { FLAG_NON_BOOTABLE, FLAG_RAM_LOAD, FLAG_ROM_FIXED, type ImageHeader } from "../../protocol/image/header.ts";
import { parseImage } from "../../protocol/image/parse.ts";
import { areaByteLimit } from "../../protocol/image/profile.ts";
import {
  TLV_BOOT_RECORD,
  TLV_CLASS_ID,
  TLV_DEPENDENCY,
  TLV_KEY_HASH,
  TLV_SECURITY_COUNTER,
  TLV_SHA256,
  TLV_VENDOR_ID,
  type Tlv,
  tlvName,
} from "../../protocol/image/tlv.ts";
import { formatVersion, readVersion } from "../../protocol/image/version.ts";
import { memoryImageSource } from "./source.ts";
import { formatUuid } from "./uuid.ts";

/** One TLV, as JSON. */
export interface TlvReport {
  readonly area: "protected" | "unprotected";
  readonly type: number;
  readonly name: string;
  /** Offset of the value from the start of the image. */
  readonly offset: number;
  readonly length: number;
  /** The value in hexadecimal. */
  readonly value: string;
}

/** What an image holds, as JSON; sizes and offsets in bytes. */
export interface ImageReport {
  readonly version: string;
  readonly loadAddress: number;
  readonly headerByteLength: number;
  readonly payloadByteLength: number;
  readonly protectedByteLength: number;
  readonly signedByteLength: number;
  readonly imageByteLength: number;
  readonly flags: readonly string[];
  /** SHA-256 of the signed region as it is. */
  readonly digest: string;
  /** Whether the image records that digest; says nothing about who made it. */
  readonly digestMatches: boolean;
  readonly keyHashes: readonly string[];
  /** SEC_CNT; null, like the next three, when there is none or it is malformed. */
  readonly securityCounter: number | null;
  /** As UUIDs. */
  readonly vendorId: string | null;
  readonly classId: string | null;
  readonly bootRecord: BootRecordReport | null;
  /** What the image needs, as `image:version`. */
  readonly dependencies: readonly string[];
  readonly tlvs: readonly TlvReport[];
}

/** A boot record, as JSON. */
export interface BootRecordReport {
  readonly softwareType: string;
  readonly version: string;
  /** SHA-256 of the signer's public key, hexadecimal. */
  readonly signer: string;
}

/**
 * Reads an image's structure.
 * @throws ImageError when the structure is broken (magic, sizes, bounds, TLV areas).
 */
export function inspectImage(bytes: Uint8Array): ImageReport {
  const image = parseImage(memoryImageSource(bytes), {
    slotByteLength: bytes.length,
    areaByteLength: areaByteLimit("mcuboot"),
  });
  const digest = createHash("sha256").update(bytes.subarray(0, image.signedByteLength)).digest();
  const recorded = image.unprotectedTlvs.find((tlv) => tlv.type === TLV_SHA256);
  const signed = (type: number, byteLength?: number): Tlv | undefined =>
    image.protectedTlvs.find(
      (tlv) => tlv.type === type && (byteLength === undefined || tlv.value.length === byteLength),
    );
  const uuid = (tlv: Tlv | undefined): string | null => (tlv === undefined ? null : formatUuid(tlv.value));
  const counter = signed(TLV_SECURITY_COUNTER, 4);
  return {
    version: formatVersion(image.header.version),
    loadAddress: image.header.loadAddress,
    headerByteLength: image.header.headerByteLength,
    payloadByteLength: image.header.payloadByteLength,
    protectedByteLength: image.header.protectedByteLength,
    signedByteLength: image.signedByteLength,
    imageByteLength: image.imageByteLength,
    flags: flagNames(image.header),
    digest: toHex(digest),
    digestMatches: recorded !== undefined && equalBytes(recorded.value, digest),
    keyHashes: image.unprotectedTlvs.filter((tlv) => tlv.type === TLV_KEY_HASH).map((tlv) => toHex(tlv.value)),
    securityCounter: counter === undefined ? null : readUint32(counter.value, 0),
    vendorId: uuid(signed(TLV_VENDOR_ID, 16)),
    classId: uuid(signed(TLV_CLASS_ID, 16)),
    bootRecord: reportBootRecord(signed(TLV_BOOT_RECORD)),
    dependencies: image.protectedTlvs
      .filter(({ type, value }) => type === TLV_DEPENDENCY && value.length === 12)
      .map(({ value }) => `${value[0]}:${formatVersion(readVersion(value, 4))}`),
    tlvs: [
      ...image.protectedTlvs.map((tlv) => reportTlv(tlv, "protected")),
      ...image.unprotectedTlvs.map((tlv) => reportTlv(tlv, "unprotected")),
    ],
  };
}

function reportBootRecord(tlv: Tlv | undefined): BootRecordReport | null {
  if (tlv === undefined) return null;
  try {
    return describeBootRecord(decodeBootRecord(tlv));
  } catch (error) {
    if (error instanceof ImageError) return null;
    throw error;
  }
}

/** A boot record as JSON. */
export function describeBootRecord({ softwareType, version, signer }: BootRecord): BootRecordReport {
  return { softwareType, version, signer: toHex(signer) };
}

function reportTlv(tlv: Tlv, area: TlvReport["area"]): TlvReport {
  const { type, offset, value } = tlv;
  return { area, type, name: tlvName(type), offset, length: value.length, value: toHex(value) };
}

function flagNames(header: ImageHeader): readonly string[] {
  const known: readonly [number, string][] = [
    [FLAG_NON_BOOTABLE, "NON_BOOTABLE"],
    [FLAG_RAM_LOAD, "RAM_LOAD"],
    [FLAG_ROM_FIXED, "ROM_FIXED"],
  ];
  const names = known.filter(([flag]) => (header.flags & flag) !== 0).map(([, name]) => name);
  const unknown = known.reduce((rest, [flag]) => rest & ~flag, header.flags) >>> 0;
  return unknown === 0 ? names : [...names, `unsupported 0x${unknown.toString(16)}`];
}
