/** Collects bytes of a serial line into commands. */

const LINE_FEED = 10;
/** A longer line is no command: it is dropped as a whole. */
const MAXIMUM_LENGTH = 64;

/** One line at a time; state is kept between bytes. */
export class CommandLine {
  #text = "";
  #tooLong = false;

  /** Takes one byte. Returns the command when the byte ends one; an empty line is none. */
  take(byte: number): string | undefined {
    if (byte !== LINE_FEED) {
      if (this.#text.length >= MAXIMUM_LENGTH) this.#tooLong = true;
      else if (byte >= 32 && byte < 127) this.#text += String.fromCharCode(byte);
      return undefined;
    }
    const command = this.#tooLong ? undefined : this.#text;
    this.#text = "";
    this.#tooLong = false;
    return command === "" ? undefined : command;
  }
}
