/** The part of GDB's remote serial protocol that stops a board at an address and reads its memory. */
import type { Socket } from "node:net";
import { BenchError } from "./bench-error.ts";
import { ReplyQueue } from "./reply-queue.ts";

/** Bytes of memory in one request: well below the emulator's packet size of 4096 characters. */
const CHUNK = 1024;

/** Wraps a packet's text: `$text#sum`. */
export function encodePacket(text: string): string {
  const sum = [...Buffer.from(text, "latin1")].reduce((total, byte) => (total + byte) & 0xff, 0);
  return `$${text}#${sum.toString(16).padStart(2, "0")}`;
}

/** Takes whole packets off the front of `buffer`; acknowledgements are dropped. */
export function decodePackets(buffer: string): { readonly packets: readonly string[]; readonly rest: string } {
  const packets: string[] = [];
  let rest = buffer;
  for (;;) {
    rest = rest.replace(/^[+-]+/, "");
    const end = rest.indexOf("#");
    if (!rest.startsWith("$") || end < 0 || rest.length < end + 3) return { packets, rest };
    packets.push(rest.slice(1, end));
    rest = rest.slice(end + 3);
  }
}

/** One debugger on one board, which stands still unless `continue` runs. */
export class GdbConnection {
  readonly #socket: Socket;
  readonly #replies: ReplyQueue<string>;
  #buffer = "";
  #stopped: Promise<string> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#replies = new ReplyQueue("the debugger's connection", socket);
    socket.setEncoding("latin1").on("data", (text: string) => {
      const { packets, rest } = decodePackets(this.#buffer + text);
      this.#buffer = rest;
      for (const packet of packets) {
        socket.write("+");
        this.#replies.reply(packet);
      }
    });
  }

  /** Must come first: the emulator gives single registers only to debuggers that asked how it names them. */
  async open(): Promise<void> {
    await this.request("qXfer:features:read:target.xml:0,400");
  }

  /** Sends a packet and gives the answer's text. @throws BenchError probe-lost, also for an answer that is an error */
  async request(text: string): Promise<string> {
    const answer = await this.#replies.request(() => this.#socket.write(encodePacket(text), "latin1"));
    if (/^E[0-9a-f]{2}$/.test(answer) || answer === "")
      throw new BenchError("probe-lost", `expected an answer to ${text.slice(0, 40)}, found "${answer}"`);
    return answer;
  }

  setBreakpoint(address: number): Promise<string> {
    return this.request(`Z0,${address.toString(16)},2`);
  }

  clearBreakpoint(address: number): Promise<string> {
    return this.request(`z0,${address.toString(16)},2`);
  }

  /** Runs until a breakpoint. */
  async continue(): Promise<void> {
    const answer = await this.request("c");
    if (!answer.startsWith("T05")) throw new BenchError("probe-lost", `expected a breakpoint, found "${answer}"`);
  }

  /** Lets the board run; `pause` must follow before anything else. */
  resume(): void {
    this.#stopped = this.request("c");
    // `pause` shows the error.
    this.#stopped.catch(() => {});
  }

  /** Stops a board that `resume` set going. */
  async pause(): Promise<void> {
    this.#socket.write("\x03", "latin1");
    await this.#stopped;
  }

  /** A 32-bit register by its number in GDB's own order. */
  async register(number: number): Promise<number> {
    const answer = await this.request(`p${number.toString(16)}`);
    return Buffer.from(answer, "hex").readUInt32LE(0);
  }

  async readMemory(address: number, byteLength: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = 0; at < byteLength; at += CHUNK) {
      const length = Math.min(CHUNK, byteLength - at);
      const answer = await this.request(`m${(address + at).toString(16)},${length.toString(16)}`);
      parts.push(Buffer.from(answer, "hex"));
    }
    return Buffer.concat(parts);
  }

  async writeMemory(address: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const part = Buffer.from(bytes.subarray(at, at + CHUNK));
      await this.request(`M${(address + at).toString(16)},${part.length.toString(16)}:${part.toString("hex")}`);
    }
  }
}
