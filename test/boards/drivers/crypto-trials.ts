/** native:crypto on the board: known answers, signatures that are valid, invalid or no signatures, arguments of wrong lengths. */
import { sha256, sha256Region, verifyP256 } from "native:crypto";
import { read } from "native:memory";
import { partitionConfig } from "../../../hal/boards/board-config.ts";
import { SIGNATURES } from "./signatures.ts";
import { expectBytes, expectRefusal, expectSame, fromHex, type Trials } from "./trial.ts";

/** FIPS 180-4 examples (NIST "SHA256.pdf", csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values). */
const DIGESTS = Object.freeze([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f7071",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
] as const);
/** A thousand letters "a". */
const THOUSAND = "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3";

function digestsAreKnown(): undefined {
  for (const [message, digest] of DIGESTS)
    expectBytes(sha256(fromHex(message)), fromHex(digest), `SHA-256 of ${message}`);
  expectBytes(sha256(new Uint8Array(1000).fill(97)), fromHex(THOUSAND), "SHA-256 of 1000 letters");
  expectBytes(sha256(new Uint8Array(1010).fill(97).subarray(7, 1007)), fromHex(THOUSAND), "SHA-256 of a view");
  const { base } = partitionConfig("storage");
  for (const [start, length] of [
    [0, 0],
    [1, 1025],
    [4096, 4096],
  ] as const)
    expectBytes(
      sha256Region(base + start, length),
      new Uint8Array(sha256(read(base + start, length))),
      "SHA-256 of a region",
    );
  return undefined;
}

function signaturesAreJudged(): string {
  let valid = 0;
  let invalid = 0;
  for (const { name, publicKey, message, signature, result } of SIGNATURES) {
    const verify = () => verifyP256(fromHex(publicKey), sha256(fromHex(message)), fromHex(signature));
    if (result === undefined) expectRefusal(RangeError, `signature ${name}`, verify);
    else expectSame(verify(), result, `signature ${name}`);
    if (result === true) valid++;
    else invalid++;
  }
  return `valid=${valid} invalid=${invalid}`;
}

function everyBitCounts(): undefined {
  const first = SIGNATURES[0];
  if (first === undefined) throw new Error("expected a signature, found none");
  const parts = [fromHex(first.publicKey), new Uint8Array(sha256(fromHex(first.message))), fromHex(first.signature)];
  const [publicKey, digest, signature] = parts as [Uint8Array, Uint8Array, Uint8Array];
  for (const part of parts) {
    for (const index of [0, part.length >> 1, part.length - 1]) {
      part[index] = (part[index] as number) ^ 0x10;
      expectSame(
        verifyP256(publicKey, digest, signature),
        false,
        `signature with byte ${index} of ${part.length} changed`,
      );
      part[index] = (part[index] as number) ^ 0x10;
    }
  }
  expectSame(verifyP256(publicKey, digest, signature), true, "signature put right again");
  return undefined;
}

function lengthsAreChecked(): undefined {
  const bytes = (length: number): Uint8Array => new Uint8Array(length);
  for (const [key, digest, signature] of [
    [64, 32, 64],
    [66, 32, 64],
    [33, 32, 64],
    [65, 31, 64],
    [65, 33, 64],
    [65, 32, 63],
    [65, 32, 65],
    [65, 32, 0],
  ] as const)
    expectRefusal(RangeError, `lengths ${key}, ${digest}, ${signature}`, () =>
      verifyP256(bytes(key), bytes(digest), bytes(signature)),
    );
  expectSame(verifyP256(bytes(65), bytes(32), bytes(64)), false, "signature of zeros");
  const loose = { sha256, verifyP256 } as unknown as Record<string, (...values: unknown[]) => unknown>;
  expectRefusal(TypeError, "a text as data", () => loose.sha256?.("abc"));
  expectRefusal(TypeError, "no data", () => loose.sha256?.());
  expectRefusal(TypeError, "no signature", () => loose.verifyP256?.(bytes(65), bytes(32)));
  expectRefusal(RangeError, "a region of RAM", () => sha256Region(4, 4));
  return undefined;
}

/** The tests. */
export const CRYPTO_TRIALS: Trials = Object.freeze([
  ["crypto-sha256-known-answers", digestsAreKnown],
  ["crypto-p256-wycheproof", signaturesAreJudged],
  ["crypto-p256-every-bit-counts", everyBitCounts],
  ["crypto-checks-lengths", lengthsAreChecked],
] as const);
