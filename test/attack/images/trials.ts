/** Attacks on the verification of images, as functions that say what got through: run on the code as it is and on weakened twins. */
import type { VerificationPolicy } from "../../../bootloader/verify.ts";
import { signImage } from "../../../host-tools/image/sign.ts";
import { type ImageKey, trustedKey } from "../../../host-tools/keys/key-file.ts";
import { testKey } from "../../../host-tools/keys/test-key.ts";
import { IMAGE_ERROR_CODES } from "../../../protocol/image/errors.ts";
import type { ImageDescription } from "../../../protocol/image/image.ts";
import { DEFECTS, type Defect } from "./defects.ts";
import { CLASS, Forge, VENDOR, verdictOn } from "./forge.ts";

/** So many are told; more say nothing new. */
export const VIOLATION_LIMIT = 10;

/** What a trial found. */
export interface TrialResult {
  readonly cases: number;
  /** One line a case that was not what it must be. */
  readonly violations: readonly string[];
}

/** Each defect by itself gives its code; none gives `accepted`. */
export function singleDefects(): TrialResult {
  const violations: string[] = [];
  expectVerdict(violations, "no defect", "accepted", []);
  for (const defect of DEFECTS) expectVerdict(violations, defect.name, defect.code, [defect]);
  return { cases: DEFECTS.length + 1, violations };
}

/** An image with two defects reports the one whose check comes first, whichever was made first. */
export function pairwiseOrder(): TrialResult {
  const violations: string[] = [];
  let cases = 0;
  for (const [index, first] of DEFECTS.entries()) {
    for (const second of DEFECTS.slice(index + 1)) {
      if (order(first) === order(second) || isOneField(first, second)) continue;
      const { code } = order(first) < order(second) ? first : second;
      for (const pair of [
        [first, second],
        [second, first],
      ])
        expectVerdict(violations, pair.map(({ name }) => name).join(" and "), code, pair);
      cases += 2;
    }
  }
  return { cases, violations };
}

const order = ({ code }: Defect): number => IMAGE_ERROR_CODES.indexOf(code);
const isOneField = (left: Defect, right: Defect): boolean =>
  [left, right].some((each) => each.touches?.includes("all")) ||
  left.touches?.some((word) => right.touches?.includes(word)) === true;

function expectVerdict(violations: string[], name: string, code: string, defects: readonly Defect[]): void {
  const forge = new Forge();
  for (const defect of defects) defect.apply(forge);
  const found = forge.verdict();
  if (found !== code) violations.push(`${name}: expected ${code}, found ${found}`);
}

/** Small images of every shape: both algorithms, with and without a gap behind the header, dependencies, vendor TLVs. */
const SHAPES: readonly Partial<ImageDescription>[] = [
  { payload: Uint8Array.of(0) },
  { payload: new Uint8Array(64).fill(0xa5), headerByteLength: 64 },
  {
    payload: Uint8Array.from({ length: 33 }, (_, index) => 7 * index),
    dependencies: [{ image: 0, minimum: { major: 1, minor: 2, revision: 3, build: 4 } }],
    vendorTlvs: [{ type: 0xa0, value: Uint8Array.of(1, 2, 3) }],
    placement: { kind: "rom", address: 0x22000000 },
  },
];

function smallImage(shape: Partial<ImageDescription>, key: ImageKey): { bytes: Uint8Array; signedByteLength: number } {
  const description = {
    payload: Uint8Array.of(1),
    version: { major: 1, minor: 2, revision: 3, build: 4 },
    securityCounter: 1,
    softwareType: "runtime",
    vendorId: VENDOR,
    classId: CLASS,
    ...shape,
  };
  return signImage(description, [key]);
}

/** Accepts whatever is signed by `key`: nothing but digest and signature stand in the way of a changed byte. */
function openPolicy(key: ImageKey): VerificationPolicy {
  return {
    profile: "holdfast",
    keys: [trustedKey(key)],
    minimumCounter: 0,
    vendorId: "any",
    classId: "any",
    slotByteLength: 0x10000,
    installedVersion: "any",
    bootable: false,
    runAddress: "any",
  };
}

/** Runs without stacks in errors: of hundreds of thousands nobody wants them, and they take most of the time. */
export function withoutStacks<Result>(action: () => Result): Result {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return action();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Every byte of the signed region changed to every other value: 255 images a byte, none of which may be accepted. */
export function everySignedByte(): TrialResult {
  return withoutStacks(changeEverySignedByte);
}

function changeEverySignedByte(): TrialResult {
  const violations: string[] = [];
  let cases = 0;
  for (const algorithm of ["ecdsa-p256", "ed25519"] as const) {
    const key = testKey(algorithm);
    const policy = openPolicy(key);
    for (const shape of SHAPES) {
      const { bytes, signedByteLength } = smallImage(shape, key);
      if (verdictOn(bytes, policy) !== "accepted") violations.push("an image as it was signed: expected accepted");
      for (let offset = 0; offset < signedByteLength; offset++) {
        const right = bytes[offset] as number;
        for (let value = 0; value < 256; value++) {
          if (value === right) continue;
          bytes[offset] = value;
          cases += 1;
          if (verdictOn(bytes, policy) === "accepted") violations.push(`${algorithm}: byte ${offset} as ${value}`);
          if (violations.length === VIOLATION_LIMIT) return { cases, violations };
        }
        bytes[offset] = right;
      }
    }
  }
  return { cases, violations };
}

/** One bit of an image changed at each of `offsets`. */
export function changedBytes(bytes: Uint8Array, key: ImageKey, offsets: readonly number[]): TrialResult {
  const violations: string[] = [];
  const policy = { ...openPolicy(key), slotByteLength: bytes.length };
  const copy = bytes.slice();
  for (const offset of offsets) {
    const right = copy[offset] as number;
    copy[offset] = right ^ (1 << (offset & 7));
    if (verdictOn(copy, policy) === "accepted") violations.push(`byte ${offset}`);
    copy[offset] = right;
  }
  return { cases: offsets.length, violations };
}
