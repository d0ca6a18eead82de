/** Image versions: four numbers, `major.minor.revision+build`, as in MCUboot's header. */
import { readUint16, readUint32, writeUint16, writeUint32 } from "./bytes.ts";
import { ImageError } from "./errors.ts";

/** Bytes of a version in a header or a dependency. */
export const VERSION_BYTE_LENGTH = 8;

/** A version; `major` and `minor` are 0 to 255, `revision` 0 to 65535, `build` 0 to 2^32 - 1. */
export interface ImageVersion {
  readonly major: number;
  readonly minor: number;
  readonly revision: number;
  readonly build: number;
}

/** Reads the eight bytes of a version; the caller has checked that they lie inside `bytes`. */
export function readVersion(bytes: Uint8Array, offset: number): ImageVersion {
  return {
    major: bytes[offset] as number,
    minor: bytes[offset + 1] as number,
    revision: readUint16(bytes, offset + 2),
    build: readUint32(bytes, offset + 4),
  };
}

/**
 * Writes the eight bytes of a version.
 * @throws ImageError `build-value` when a part is out of its range.
 */
export function writeVersion(bytes: Uint8Array, offset: number, version: ImageVersion): void {
  requirePart("major", version.major, 0xff);
  requirePart("minor", version.minor, 0xff);
  requirePart("revision", version.revision, 0xffff);
  requirePart("build", version.build, 0xffffffff);
  bytes[offset] = version.major;
  bytes[offset + 1] = version.minor;
  writeUint16(bytes, offset + 2, version.revision);
  writeUint32(bytes, offset + 4, version.build);
}

function requirePart(name: string, value: number, maximum: number): void {
  if (!Number.isInteger(value) || value < 0 || value > maximum) {
    throw new ImageError("build-value", `${name} version from 0 to ${maximum}`, `${value}`);
  }
}

/** Writes a version as text, always with its build number: `1.2.3+4`. */
export function formatVersion(version: ImageVersion): string {
  return `${version.major}.${version.minor}.${version.revision}+${version.build}`;
}

/**
 * Reads `major[.minor[.revision[+build]]]`, decimal without leading zeros, as imgtool does; missing parts are 0.
 * @throws ImageError `build-value` when the text or a part is anything else.
 */
export function parseVersion(text: string): ImageVersion {
  const number = "(0|[1-9][0-9]{0,9})";
  const match = new RegExp(`^${number}(?:\\.${number}(?:\\.${number}(?:\\+${number})?)?)?$`).exec(text);
  if (match === null) throw new ImageError("build-value", "version as major.minor.revision+build", `'${text}'`);
  const version = {
    major: Number(match[1]),
    minor: Number(match[2] ?? 0),
    revision: Number(match[3] ?? 0),
    build: Number(match[4] ?? 0),
  };
  writeVersion(new Uint8Array(VERSION_BYTE_LENGTH), 0, version);
  return version;
}

/**
 * Orders two versions by all four parts: negative when `left` is lower, 0 when equal, positive when higher.
 * MCUboot leaves the build number out unless told otherwise; we count it, so that two builds are never "the same".
 */
export function compareVersions(left: ImageVersion, right: ImageVersion): number {
  if (left.major !== right.major) return left.major - right.major;
  if (left.minor !== right.minor) return left.minor - right.minor;
  if (left.revision !== right.revision) return left.revision - right.revision;
  return left.build - right.build;
}
