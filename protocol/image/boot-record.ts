/** The boot record: the CBOR map of PSA software-component claims that MCUboot and imgtool put in TLV 0x60. */
import { ImageError } from "./errors.ts";
import type { Tlv } from "./tlv.ts";

/** What an image says about itself for attestation. */
export interface BootRecord {
  /** Kind of software, such as `RUNTIME`: 1 to 12 printable ASCII characters. */
  readonly softwareType: string;
  /** `major.minor.revision`, as imgtool writes it. */
  readonly version: string;
  /** SHA-256 of the signer's SubjectPublicKeyInfo, 32 bytes. */
  readonly signer: Uint8Array;
}

/** Longest software type that imgtool accepts. */
const SOFTWARE_TYPE_LIMIT = 12;
/** Longest version: `255.255.65535`. */
const VERSION_LIMIT = 13;
/** Name of the measurement's hash algorithm, the only one that we use. */
const MEASUREMENT = "SHA256";

/**
 * Writes a boot record byte for byte as imgtool does: keys 1, 4, 5, 6, 2, the measurement last and all zeros, because the
 * boot stage fills it in.
 * @throws ImageError `build-value` when a field is out of its range.
 */
export function encodeBootRecord(record: BootRecord): Uint8Array {
  requireText("software type", record.softwareType, SOFTWARE_TYPE_LIMIT);
  requireText("version", record.version, VERSION_LIMIT);
  if (record.signer.length !== 32) {
    throw new ImageError("build-value", "signer of 32 bytes", `${record.signer.length}`);
  }
  const bytes: number[] = [0xa5, 0x01];
  appendText(bytes, record.softwareType);
  bytes.push(0x04);
  appendText(bytes, record.version);
  bytes.push(0x05, 0x58, 32);
  for (const value of record.signer) bytes.push(value);
  bytes.push(0x06);
  appendText(bytes, MEASUREMENT);
  bytes.push(0x02, 0x58, 32);
  for (let index = 0; index < 32; index++) bytes.push(0);
  return new Uint8Array(bytes);
}

function requireText(name: string, text: string, limit: number): void {
  let printable = text.length > 0 && text.length <= limit;
  for (let index = 0; printable && index < text.length; index++) printable = isPrintable(text.charCodeAt(index));
  if (!printable) throw new ImageError("build-value", `${name} of 1 to ${limit} printable characters`, `'${text}'`);
}

function isPrintable(code: number): boolean {
  return code >= 0x20 && code <= 0x7e;
}

function appendText(bytes: number[], text: string): void {
  // Every text here is shorter than 24 characters, so that CBOR needs one byte for type and length.
  bytes.push(0x60 | text.length);
  for (let index = 0; index < text.length; index++) bytes.push(text.charCodeAt(index));
}

/**
 * Reads a boot record: exactly the map that {@link encodeBootRecord} writes, and nothing else.
 * @throws ImageError `boot-record`.
 */
export function decodeBootRecord(tlv: Tlv): BootRecord {
  const reader = new BootRecordReader(tlv);
  reader.expect(0xa5, "a map of 5");
  reader.expect(0x01, "key 1, software type");
  const softwareType = reader.text("software type", SOFTWARE_TYPE_LIMIT);
  reader.expect(0x04, "key 4, version");
  const version = reader.text("version", VERSION_LIMIT);
  reader.expect(0x05, "key 5, signer");
  const signer = reader.bytes32();
  reader.expect(0x06, "key 6, measurement description");
  const measurement = reader.text("measurement description", MEASUREMENT.length);
  if (measurement !== MEASUREMENT) throw reader.error(MEASUREMENT, `'${measurement}'`);
  reader.expect(0x02, "key 2, measurement");
  for (const value of reader.bytes32()) {
    if (value !== 0) throw reader.error("a measurement of zeros", `byte ${value}`);
  }
  reader.end();
  return { softwareType, version, signer };
}

class BootRecordReader {
  readonly #tlv: Tlv;
  #position = 0;

  constructor(tlv: Tlv) {
    this.#tlv = tlv;
  }

  error(expected: string, found: string): ImageError {
    return new ImageError("boot-record", expected, found, this.#tlv.offset + this.#position);
  }

  #byte(expected: string): number {
    const value = this.#tlv.value[this.#position];
    if (value === undefined) throw this.error(expected, "the end of the record");
    return value;
  }

  expect(value: number, expected: string): void {
    const found = this.#byte(expected);
    if (found !== value) throw this.error(expected, `byte ${found}`);
    this.#position++;
  }

  text(name: string, limit: number): string {
    const length = this.#byte(name) - 0x60;
    if (length < 1 || length > limit) throw this.error(`${name} of 1 to ${limit} characters`, `byte ${length + 0x60}`);
    this.#position++;
    let text = "";
    for (let index = 0; index < length; index++) {
      const code = this.#byte(name);
      if (!isPrintable(code)) throw this.error("a printable character", `byte ${code}`);
      text += String.fromCharCode(code);
      this.#position++;
    }
    return text;
  }

  bytes32(): Uint8Array {
    this.expect(0x58, "a byte string");
    this.expect(32, "32 bytes");
    const end = this.#position + 32;
    if (end > this.#tlv.value.length) throw this.error("32 bytes", `${this.#tlv.value.length - this.#position}`);
    const value = this.#tlv.value.slice(this.#position, end);
    this.#position = end;
    return value;
  }

  end(): void {
    const left = this.#tlv.value.length - this.#position;
    if (left !== 0) throw this.error("the end of the record", `${left} bytes more`);
  }
}
