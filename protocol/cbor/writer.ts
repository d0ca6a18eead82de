/** A byte string that grows. */

const INITIAL_LENGTH = 64;

/** Collects bytes; its room doubles, so that n bytes cost O(n) copying. */
export class ByteWriter {
  #room = new Uint8Array(INITIAL_LENGTH);
  #length = 0;

  /** Bytes collected so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy of `bytes`. */
  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#room.length) {
      const room = new Uint8Array(Math.max(length, 2 * this.#room.length));
      room.set(this.#room.subarray(0, this.#length));
      this.#room = room;
    }
    this.#room.set(bytes, this.#length);
    this.#length = length;
  }

  /** A copy of everything collected. */
  bytes(): Uint8Array {
    return this.#room.slice(0, this.#length);
  }
}
