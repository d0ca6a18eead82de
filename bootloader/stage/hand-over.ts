/** What the boot ROM hands to the root of trust: its secrets, and what the ROM found and started. */
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { type ImageVersion, readVersion, VERSION_BYTE_LENGTH, writeVersion } from "../../protocol/image/version.ts";
import type { SlotName } from "../counters/state-record.ts";
import type { StartKind } from "../slots/slot-class.ts";
import type { CheckedImage } from "../slots/slot-pair.ts";

/** Most bytes of an encoded block. */
export const HAND_OVER_BYTE_LIMIT = 1800;

const FORMAT = 1;
const FIELDS = 16;
const KINDS: readonly StartKind[] = Object.freeze(["confirmed", "test", "spare"] as const);

/** Byte lengths as said; whoever has read the block zeroes the secrets when they are used up. */
export interface RootHandOver {
  /** CDI_Attest and CDI_Seal of the root of trust, 32 secret bytes each. */
  readonly attestation: Uint8Array;
  readonly sealing: Uint8Array;
  /** The public half of the key that its certificate names, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 secret bytes of the random source, drawn at this boot. */
  readonly seed: Uint8Array;
  /** The device's identity key, 65 bytes, and the certificate of the root of trust by it. */
  readonly identityKey: Uint8Array;
  readonly certificate: Uint8Array;
  /** The slot that the root of trust runs from, and why. */
  readonly slot: SlotName;
  readonly kind: StartKind;
  readonly isConfirmed: boolean;
  readonly image: CheckedImage;
  /** SHA-256 of the root of trust's signed region and of its signer's key, 32 bytes each. */
  readonly digest: Uint8Array;
  readonly signer: Uint8Array;
  /** The lowest version of the runtime that this root of trust asks for. */
  readonly minimumRuntime: ImageVersion | undefined;
}

/** Bytes for the block; the copy of the secrets in them is the caller's to zero. */
export function encodeHandOver(block: RootHandOver): Uint8Array {
  return encodeCbor([
    FORMAT,
    block.attestation,
    block.sealing,
    block.seed,
    block.identityKey,
    block.certificate,
    block.slot,
    block.kind,
    block.isConfirmed ? 1 : 0,
    versionBytes(block.image.version),
    block.image.securityCounter,
    block.image.keyEpoch,
    block.image.imageByteLength,
    joined(block.digest, block.signer),
    block.publicKey,
    block.minimumRuntime === undefined ? 0 : versionBytes(block.minimumRuntime),
  ]);
}

/** @throws RangeError for anything that {@link encodeHandOver} does not write; the message says nothing of the contents */
export function decodeHandOver(bytes: Uint8Array): RootHandOver {
  const items = bytes.length <= HAND_OVER_BYTE_LIMIT ? decodeCbor(bytes) : undefined;
  if (!Array.isArray(items) || items.length !== FIELDS || items[0] !== FORMAT) throw refusal();
  const names = bytesOf(items[13], 64);
  return {
    attestation: bytesOf(items[1], 32),
    sealing: bytesOf(items[2], 32),
    publicKey: bytesOf(items[14], 65),
    seed: bytesOf(items[3], 64),
    identityKey: bytesOf(items[4], 65),
    certificate: bytesOf(items[5]),
    slot: items[6] === "b" ? "b" : "a",
    kind: KINDS.find((kind) => kind === items[7]) ?? "test",
    isConfirmed: items[8] === 1,
    image: {
      version: versionOf(items[9]),
      securityCounter: numberOf(items[10]),
      keyEpoch: numberOf(items[11]),
      imageByteLength: numberOf(items[12]),
    },
    digest: names.slice(0, 32),
    signer: names.slice(32),
    minimumRuntime: items[15] === 0 ? undefined : versionOf(items[15]),
  };
}

function bytesOf(item: unknown, byteLength?: number): Uint8Array {
  if (!(item instanceof Uint8Array) || (byteLength !== undefined && item.length !== byteLength)) throw refusal();
  return item;
}

function versionBytes(version: ImageVersion): Uint8Array {
  const bytes = new Uint8Array(VERSION_BYTE_LENGTH);
  writeVersion(bytes, 0, version);
  return bytes;
}

function versionOf(item: unknown): ImageVersion {
  return readVersion(bytesOf(item, VERSION_BYTE_LENGTH), 0);
}

function numberOf(item: unknown): number {
  if (typeof item !== "number") throw refusal();
  return item;
}

function refusal(): RangeError {
  return new RangeError("expected a hand-over block of the boot ROM, found other bytes");
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}
