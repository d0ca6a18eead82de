/** Floating-point items in their shortest form (RFC 8949, section 4.2.1), for formats that have them. */
import type { CborFloatCodec } from "./values.ts";

const HALF = 0xf9;
const SINGLE = 0xfa;
const DOUBLE = 0xfb;

/** Half precision (IEEE 754 binary16): 5 exponent bits, 10 fraction bits, bias 15. */
const HALF_SMALLEST_NORMAL = 2 ** -14;
const HALF_STEP = 2 ** -24;
const HALF_LARGEST = 65504;

/** The codec to pass as `floats`. */
export const cborFloats: CborFloatCodec = Object.freeze({ encode: encodeFloat, decode: decodeFloat });

function encodeFloat(value: number): Uint8Array {
  const half = halfBits(value);
  if (half !== undefined) return new Uint8Array([HALF, half >> 8, half & 0xff]);
  const isSingle = Math.fround(value) === value;
  const bytes = new Uint8Array(isSingle ? 5 : 9);
  bytes[0] = isSingle ? SINGLE : DOUBLE;
  const view = new DataView(bytes.buffer);
  if (isSingle) view.setFloat32(1, value);
  else view.setFloat64(1, value);
  return bytes;
}

/** The 16 bits of a value that half precision holds exactly, or undefined. */
function halfBits(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (magnitude > HALF_LARGEST) return undefined;
  if (magnitude < HALF_SMALLEST_NORMAL) {
    const fraction = magnitude / HALF_STEP; // a division by a power of two is exact
    return Number.isInteger(fraction) ? sign | fraction : undefined;
  }
  let exponent = 15;
  let scaled = magnitude;
  while (scaled >= 2) {
    scaled /= 2;
    exponent++;
  }
  while (scaled < 1) {
    scaled *= 2;
    exponent--;
  }
  const fraction = (scaled - 1) * 1024;
  return Number.isInteger(fraction) ? sign | (exponent << 10) | fraction : undefined;
}

function decodeFloat(content: Uint8Array): number {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  if (content.length === 8) return view.getFloat64(0);
  if (content.length === 4) return view.getFloat32(0);
  const bits = view.getUint16(0);
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  let magnitude: number;
  if (exponent === 0) magnitude = fraction * HALF_STEP;
  else if (exponent === 31) magnitude = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  else magnitude = (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}
