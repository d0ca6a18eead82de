/** A first-in first-out buffer of bytes with a fixed length. */

/** Callers look at `length` and `room` first: taking from an empty ring or adding to a full one is a RangeError. */
export class ByteRing {
  readonly #bytes: Uint8Array;
  #start = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that can be added. */
  get room(): number {
    return this.#bytes.length - this.#length;
  }

  /** The byte that `shift` takes next. */
  get first(): number {
    if (this.#length === 0) throw new RangeError("ByteRing: expected a byte, found none");
    return this.#bytes[this.#start] as number;
  }

  push(byte: number): void {
    if (this.#length === this.#bytes.length)
      throw new RangeError(`ByteRing: expected room, found ${this.#length} bytes`);
    let end = this.#start + this.#length;
    if (end >= this.#bytes.length) end -= this.#bytes.length;
    this.#bytes[end] = byte;
    this.#length += 1;
  }

  shift(): number {
    const byte = this.first;
    this.#start = this.#start + 1 === this.#bytes.length ? 0 : this.#start + 1;
    this.#length -= 1;
    return byte;
  }

  /** Fills the start of `target`; returns how many bytes it got. */
  shiftInto(target: Uint8Array): number {
    const count = Math.min(target.length, this.#length);
    for (let index = 0; index < count; index += 1) target[index] = this.shift();
    return count;
  }
}
