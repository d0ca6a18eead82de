/** The console's session before a runtime starts: only when a host has asked for it already, and never without an end. */
import { FrameReader, writeFrames } from "../../protocol/smp/frame.ts";
import type { ConsoleAnswer } from "./console-server.ts";

/** The board's serial port, polled. */
export interface ConsolePort {
  /** The next byte that was received, or -1: it does not wait. */
  read(): number;
  /** Returns when the port took all of them. */
  write(bytes: Uint8Array): void;
  /** Collects garbage, so that each request finds the same memory. */
  collect(): void;
  /** Milliseconds since the reset; never goes back. */
  uptime(): number;
}

/** The first request must be whole within this, in milliseconds, and the next one within that. */
const FIRST_REQUEST = 1_000;
const NEXT_REQUEST = 10_000;

/** A session, from which requests are taken one by one: who answers them has the stack for it. */
export class ConsoleSession {
  readonly #port: ConsolePort;
  readonly #reader = new FrameReader();
  #byte: number;
  #until: number;

  /** A port at which nothing waits costs one look. @returns undefined when nobody asked */
  static open(port: ConsolePort): ConsoleSession | undefined {
    const byte = port.read();
    return byte < 0 ? undefined : new ConsoleSession(port, byte);
  }

  private constructor(port: ConsolePort, byte: number) {
    this.#port = port;
    this.#byte = byte;
    this.#until = port.uptime() + FIRST_REQUEST;
  }

  /** The next packet, or undefined when time is over: noise, other text and broken frames do not make it longer. */
  next(): Uint8Array | undefined {
    const port = this.#port;
    while (port.uptime() < this.#until) {
      const packet = this.#byte < 0 ? undefined : this.#reader.push(this.#byte);
      this.#byte = port.read();
      if (packet !== undefined) {
        port.collect();
        return packet;
      }
    }
    return undefined;
  }

  /** Answers the packet that came last, which was a request. */
  send({ message }: ConsoleAnswer): void {
    writeFrames(message, this.#port.write);
    this.#until = this.#port.uptime() + NEXT_REQUEST;
  }
}
