/**
 * SMP over a serial console (Zephyr, smp_transport): a packet is `length u16, message, CRC-16 u16` in base64, cut into lines that
 * begin with 06 09, or 04 14 from the second on. All else on the line is text for somebody else. Design note 0018.
 */

/** What the console announces as `buf_size`: bytes of a packet, length and CRC among them. A capability file of 512 bytes fits. */
export const PACKET_BYTE_LIMIT = 640;
/** The most that a message can be in such a packet. */
export const MESSAGE_BYTE_LIMIT = 636;

const LENGTH_BYTES = 2;
const OVERHEAD = 4;
/** 124 characters of base64, so that a line with its marker and its end has 127. */
const LINE_PACKET_BYTES = 93;
const MARKER_BYTES = 2;

const FIRST_MARKER = 0x06;
const FIRST_MARKER_END = 0x09;
const NEXT_MARKER = 0x04;
const NEXT_MARKER_END = 0x14;
const NEWLINE = 0x0a;
const PAD = 0x3d;

/** In text that is not for the reader, or in a line of a packet; in between stands the byte of a marker that came last. */
const IN_TEXT = 0;
const IN_LINE = 1;

/** No bits of a group of four characters yet; the bits follow behind the one. */
const NO_BITS = 1;
const FOUR_CHARACTERS = 1 << 24;

/** Finds packets in a stream of bytes. It holds one packet at a time, and forgets it at the first byte that cannot belong to it. */
export class FrameReader {
  readonly #packet: Uint8Array;
  /** Bytes of the packet so far; 0 for none begun. */
  #length = 0;
  #place = IN_TEXT;
  #bits = NO_BITS;
  #padding = 0;

  /** @param byteLimit longest packet that is taken; one that says it is longer is skipped */
  constructor(byteLimit = PACKET_BYTE_LIMIT) {
    this.#packet = new Uint8Array(byteLimit);
  }

  /** Takes the next byte. @returns the message of a packet that is whole and has the right CRC: a part of the reader, good until the next byte */
  push(byte: number): Uint8Array | undefined {
    const place = this.#place;
    // No marker can be a part of base64, so that a line that was cut off costs only itself.
    if (byte === FIRST_MARKER || byte === NEXT_MARKER) this.#place = byte;
    else if (place === FIRST_MARKER && byte === FIRST_MARKER_END) this.#begin(IN_LINE);
    else if (place === NEXT_MARKER && byte === NEXT_MARKER_END) {
      // A line before this one that ended inside a group was cut off, and its packet with it.
      if (this.#length === 0 || this.#bits !== NO_BITS || this.#padding > 0) this.#begin(IN_TEXT);
      else this.#place = IN_LINE;
    } else if (place !== IN_LINE) this.#place = IN_TEXT;
    else if (byte !== NEWLINE) {
      if (!this.#take(byte)) this.#begin(IN_TEXT);
    } else {
      this.#place = IN_TEXT;
      const end = this.#length;
      if (end >= OVERHEAD && end === this.#end() && this.#bits === NO_BITS) return this.#message(end);
    }
    return undefined;
  }

  #begin(place: number): void {
    this.#place = place;
    this.#length = 0;
    this.#bits = NO_BITS;
    this.#padding = 0;
  }

  /** @returns false for a character that cannot come here */
  #take(byte: number): boolean {
    const value = byte === PAD ? 0 : sextetOf(byte);
    if (byte === PAD) this.#padding += 8;
    else if (this.#padding > 0) return false;
    const bits = (this.#bits << 6) | value;
    this.#bits = bits;
    if (value < 0 || bits < FOUR_CHARACTERS) return value >= 0;
    this.#bits = NO_BITS;
    const unused = this.#padding;
    if (unused > 16 || (bits & ((1 << unused) - 1)) !== 0) return false;
    for (let shift = 16; shift >= unused; shift -= 8) {
      if (this.#length >= this.#end()) return false;
      this.#packet[this.#length] = bits >> shift;
      this.#length += 1;
    }
    return this.#end() <= this.#packet.length;
  }

  /** Where the packet ends, as far as that is known. */
  #end(): number {
    const packet = this.#packet;
    return this.#length < LENGTH_BYTES
      ? packet.length
      : LENGTH_BYTES + (((packet[0] as number) << 8) | (packet[1] as number));
  }

  #message(end: number): Uint8Array | undefined {
    const message = this.#packet.subarray(LENGTH_BYTES, end - 2);
    const found = ((this.#packet[end - 2] as number) << 8) | (this.#packet[end - 1] as number);
    this.#begin(IN_TEXT);
    return crc16(message) === found ? message : undefined;
  }
}

/** Writes a message as lines. @throws RangeError for a message of 64 KiB */
export function writeFrames(message: Uint8Array, send: (line: Uint8Array) => void): void {
  const { length } = message;
  if (length + 2 > 0xffff) throw new RangeError(`smp: expected a message that fits a packet, found ${length} bytes`);
  const crc = crc16(message);
  const end = length + OVERHEAD;
  for (let start = 0; start < end; start += LINE_PACKET_BYTES) {
    const part = Math.min(LINE_PACKET_BYTES, end - start);
    const line = new Uint8Array(MARKER_BYTES + 4 * Math.ceil(part / 3) + 1);
    line[0] = start === 0 ? FIRST_MARKER : NEXT_MARKER;
    line[1] = start === 0 ? FIRST_MARKER_END : NEXT_MARKER_END;
    let at = MARKER_BYTES;
    for (let index = 0; index < part; index += 3) {
      let bits = 0;
      for (let byte = index; byte < index + 3; byte += 1) bits = (bits << 8) | packetByte(message, crc, start + byte);
      for (let place = 0; place < 4; place += 1) {
        line[at] = index + place > part ? PAD : letterOf((bits >> (18 - 6 * place)) & 63);
        at += 1;
      }
    }
    line[at] = NEWLINE;
    send(line);
  }
}

/** A byte of the packet around a message, or 0 behind it: memory for a packet may be short. */
function packetByte(message: Uint8Array, crc: number, at: number): number {
  const { length } = message;
  if (at < LENGTH_BYTES) return at === 0 ? (length + 2) >> 8 : (length + 2) & 0xff;
  if (at < length + LENGTH_BYTES) return message[at - LENGTH_BYTES] as number;
  if (at === length + LENGTH_BYTES) return crc >> 8;
  return at === length + LENGTH_BYTES + 1 ? crc & 0xff : 0;
}

/** RFC 4648, table 1. */
function letterOf(sextet: number): number {
  if (sextet < 26) return 0x41 + sextet;
  if (sextet < 52) return 0x47 + sextet;
  if (sextet < 62) return sextet - 4;
  return sextet === 62 ? 0x2b : 0x2f;
}

/** @returns -1 for what is no letter of base64 */
function sextetOf(letter: number): number {
  if (letter >= 0x41 && letter <= 0x5a) return letter - 0x41;
  if (letter >= 0x61 && letter <= 0x7a) return letter - 0x47;
  if (letter >= 0x30 && letter <= 0x39) return letter + 4;
  if (letter === 0x2b) return 62;
  return letter === 0x2f ? 63 : -1;
}

/** CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    crc ^= (bytes[index] as number) << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc;
}
