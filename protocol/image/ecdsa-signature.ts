/** ECDSA P-256 signatures: strict DER (RFC 3279 section 2.2.3, X.690 section 10) to the raw `r || s` that verifiers take. */

/** Bytes of a raw signature: `r` and `s`, 32 bytes each, big endian. */
export const RAW_SIGNATURE_BYTE_LENGTH = 64;

/**
 * Converts a DER signature to raw form. Anything but the one DER encoding of two positive integers of at most 256 bits is
 * refused: long-form lengths, missing or extra leading zeros, negative or zero numbers, bytes left over.
 * Whether `r` and `s` are below the group's order is left to the verifier.
 * @returns 64 bytes, or undefined when the signature is not strict DER.
 */
export function rawSignatureFromDer(der: Uint8Array): Uint8Array | undefined {
  // Two integers of 33 bytes at most with their headers make 70: short-form lengths are enough.
  if (der.length < 8 || der.length > 72) return undefined;
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const raw = new Uint8Array(RAW_SIGNATURE_BYTE_LENGTH);
  const middle = copyInteger(der, 2, raw, 32);
  if (middle === undefined) return undefined;
  return copyInteger(der, middle, raw, 64) === der.length ? raw : undefined;
}

/** Copies one INTEGER so that it ends at `rawEnd`; returns the position behind it, or undefined when it is malformed. */
function copyInteger(der: Uint8Array, position: number, raw: Uint8Array, rawEnd: number): number | undefined {
  const length = der[position + 1];
  if (der[position] !== 0x02 || length === undefined || length < 1 || length > 33) return undefined;
  let start = position + 2;
  const end = start + length;
  if (end > der.length) return undefined;
  const first = der[start] as number;
  if (first >= 0x80) return undefined;
  if (first === 0) {
    // A leading zero is there only to keep the next bit from reading as a sign; alone it is the number 0.
    const second = der[start + 1];
    if (length === 1 || second === undefined || second < 0x80) return undefined;
    start++;
  }
  if (end - start > 32) return undefined;
  raw.set(der.subarray(start, end), rawEnd - (end - start));
  return end;
}

/**
 * Converts a raw signature to DER.
 * @throws RangeError when it is not 64 bytes or `r` or `s` is 0.
 */
export function derFromRawSignature(raw: Uint8Array): Uint8Array {
  if (raw.length !== RAW_SIGNATURE_BYTE_LENGTH) {
    throw new RangeError(`expected a raw signature of ${RAW_SIGNATURE_BYTE_LENGTH} bytes, found ${raw.length}`);
  }
  const body = [...integer(raw, 0), ...integer(raw, 32)];
  return new Uint8Array([0x30, body.length, ...body]);
}

function integer(raw: Uint8Array, start: number): number[] {
  let first = start;
  while (first < start + 32 && raw[first] === 0) first++;
  if (first === start + 32) throw new RangeError("expected r and s above 0, found 0");
  const digits = [...raw.subarray(first, start + 32)];
  if ((digits[0] as number) >= 0x80) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}
