/** Mutates the TLV areas of images and looks at what the whole verification makes of them, as if digest and signature were right. */
import { type ImageCrypto, verifyImage } from "../../../bootloader/verify.ts";
import { memoryImageSource } from "../../../host-tools/image/source.ts";
import { readUint16, writeUint16 } from "../../../protocol/image/bytes.ts";
import { IMAGE_ERROR_CODES, ImageError } from "../../../protocol/image/errors.ts";
import type { ImageSource } from "../../../protocol/image/source.ts";
import { TLV_DEPENDENCY, TLV_KEY_HASH } from "../../../protocol/image/tlv.ts";
import { Random } from "../../powerfail/random.ts";
import { Forge } from "./forge.ts";
import { isLawful } from "./lawful.ts";
import { VIOLATION_LIMIT, withoutStacks } from "./trials.ts";

/** What a run saw. */
export interface FuzzResult {
  readonly cases: number;
  /** How often each code came, `accepted` among them. */
  readonly codes: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

const HEADER_BYTE_LENGTH = 32;
/** Types and lengths that mean something, and neighbours of those. */
const NUMBERS: readonly number[] = [
  0, 1, 2, 3, 4, 5, 12, 15, 16, 17, 31, 32, 33, 64, 65, 0x10, 0x22, 0x23, 0x24, 0x40, 0x50, 0x60, 0x61, 0x74, 0x75,
  0x7f, 0x80, 0x9f, 0xa0, 0xfe, 0xff, 0x100, 0x6907, 0x6908, 0x7fff, 0x8000, 0xfffe, 0xffff,
];

/** Says that every signature is right, so that no mutation is stopped before the checks behind it. */
const credulous: ImageCrypto = { verifyP256: () => true, verifyEd25519: () => true };

/** An image's areas, to be put together again. */
interface Parts {
  readonly start: Uint8Array;
  readonly protectedArea: Uint8Array;
  readonly unprotectedArea: Uint8Array;
}

/**
 * @param seed equal seeds give equal runs
 * @param count images to try
 */
export function fuzzTlvAreas(seed: number, count: number): FuzzResult {
  return withoutStacks(() => fuzz(new Random(seed), count));
}

function fuzz(random: Random, count: number): FuzzResult {
  const seeds = startingPoints();
  const forge = new Forge();
  forge.ask({ installedVersion: (image) => (image === 0 ? { major: 1, minor: 0, revision: 0, build: 0 } : undefined) });
  const codes: Record<string, number> = {};
  const violations: string[] = [];
  for (let index = 0; index < count; index++) {
    const bytes = mutate(seeds[random.below(seeds.length)] as Parts, random);
    const code = judge(bytes, forge.policy);
    codes[code] = (codes[code] ?? 0) + 1;
    const isKnown = code === "accepted" ? isLawful(bytes) : (IMAGE_ERROR_CODES as readonly string[]).includes(code);
    if (isKnown || violations.length === VIOLATION_LIMIT) continue;
    violations.push(`case ${index}: ${code}: ${Buffer.from(bytes).toString("hex")}`);
  }
  return { cases: count, codes, violations };
}

function judge(bytes: Uint8Array, policy: Forge["policy"]): string {
  try {
    verifyImage(agreeableSource(bytes), policy, credulous);
    return "accepted";
  } catch (error) {
    return error instanceof ImageError ? error.code : `${error}`;
  }
}

/** Says that the digest is the one that the image records, wherever that is. */
function agreeableSource(bytes: Uint8Array): ImageSource {
  const source = memoryImageSource(bytes);
  return {
    ...source,
    digest: (_offset, length) => {
      for (let at = length + 4; at + 4 <= bytes.length; at += 4 + readUint16(bytes, at + 2))
        if (readUint16(bytes, at) === 0x10) return bytes.slice(at + 4, at + 36);
      return new Uint8Array(32);
    },
  };
}

function startingPoints(): readonly Parts[] {
  const plain = new Forge();
  const rich = new Forge();
  rich.protectedTlvs.push(
    { type: TLV_DEPENDENCY, value: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
    { type: 0xa0, value: Uint8Array.of(1, 2, 3) },
    { type: 0xfffe, value: new Uint8Array(0) },
  );
  const twice = new Forge();
  twice.unprotectedTlvs.push(
    { type: TLV_KEY_HASH, value: new Uint8Array(32).fill(9) },
    { type: 0x22, value: new Uint8Array(70).fill(0x30) },
  );
  return [plain, rich, twice].map((forge) => split(forge.bytes()));
}

function split(bytes: Uint8Array): Parts {
  const protectedByteLength = readUint16(bytes, 10);
  const payloadEnd = HEADER_BYTE_LENGTH + readUint16(bytes, 12);
  return {
    start: bytes.slice(0, payloadEnd),
    protectedArea: bytes.slice(payloadEnd, payloadEnd + protectedByteLength),
    unprotectedArea: bytes.slice(payloadEnd + protectedByteLength),
  };
}

function mutate(parts: Parts, random: Random): Uint8Array {
  let { protectedArea, unprotectedArea } = parts;
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    if (random.below(2) === 0) protectedArea = change(protectedArea, random);
    else unprotectedArea = change(unprotectedArea, random);
  }
  const bytes = new Uint8Array(parts.start.length + protectedArea.length + unprotectedArea.length);
  bytes.set(parts.start);
  bytes.set(protectedArea, parts.start.length);
  bytes.set(unprotectedArea, parts.start.length + protectedArea.length);
  // Most agree on sizes again, to come past the first checks; the others disagree on one or all of them.
  const repairs = random.below(8) === 0 ? random.below(8) : 7;
  if ((repairs & 1) !== 0) writeUint16(bytes, 10, protectedArea.length);
  if ((repairs & 2) !== 0 && protectedArea.length >= 4)
    writeUint16(bytes, parts.start.length + 2, protectedArea.length);
  if ((repairs & 4) !== 0 && unprotectedArea.length >= 4)
    writeUint16(bytes, parts.start.length + protectedArea.length + 2, unprotectedArea.length);
  return bytes;
}

function change(area: Uint8Array, random: Random): Uint8Array {
  const bytes = area.slice();
  const at = random.below(Math.max(1, bytes.length));
  switch (random.below(9)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2:
      if (at + 2 <= bytes.length) writeUint16(bytes, at, pick(random));
      return bytes;
    case 3:
    case 4:
      return changeTlv(bytes, random);
    case 5:
      return bytes.slice(0, at);
    case 6:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random.below(40))));
    case 7:
      return joined(bytes.subarray(0, at), new Uint8Array(1 + random.below(40)), bytes.subarray(at));
    default:
      return repeatTlv(bytes, random);
  }
}

const pick = (random: Random): number => NUMBERS[random.below(NUMBERS.length)] as number;

/** Offsets of the TLVs of an area as far as it can be walked. */
function places(area: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 4; at + 4 <= area.length; at += 4 + readUint16(area, at + 2)) found.push(at);
  return found;
}

/** Another type, or another length with as many bytes, or with those that were there. */
function changeTlv(bytes: Uint8Array, random: Random): Uint8Array {
  const all = places(bytes);
  const at = all[random.below(Math.max(1, all.length))];
  if (at === undefined) return bytes;
  const kind = random.below(3);
  if (kind === 0) writeUint16(bytes, at, pick(random));
  else if (kind === 1) writeUint16(bytes, at + 2, pick(random));
  else {
    const length = random.below(70);
    const end = Math.min(bytes.length, at + 4 + readUint16(bytes, at + 2));
    writeUint16(bytes, at + 2, length);
    return joined(bytes.subarray(0, at + 4), new Uint8Array(length), bytes.subarray(end));
  }
  return bytes;
}

/** A TLV once more, at its own place or at the end. */
function repeatTlv(bytes: Uint8Array, random: Random): Uint8Array {
  const all = places(bytes);
  const at = all[random.below(Math.max(1, all.length))];
  if (at === undefined) return bytes;
  const tlv = bytes.slice(at, at + 4 + readUint16(bytes, at + 2));
  return random.below(2) === 0 ? joined(bytes, tlv) : joined(bytes.subarray(0, at), tlv, bytes.subarray(at));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
