/**
 * The serial driver with a host at the other end. The host sends `pattern(ECHO_LENGTH, ECHO_SEED)` after the line `test echo` and
 * compares what comes back; then `pattern(SLOW_LENGTH, SLOW_SEED)` after `test slow`, which is read late and in small parts.
 */
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import type { Serial } from "../../../hal/interfaces/serial.ts";
import { pattern } from "./pattern.ts";
import { expectBytes, expectRefusal, expectSame, type Trials } from "./trial.ts";
import type { Turns } from "./turns.ts";

const BAUD = 115_200;
const ECHO_LENGTH = 4096;
const SLOW_LENGTH = 1500;
const ECHO_SEED = 5;
const SLOW_SEED = 99;
const SMALL_BUFFER = 16;
/** Milliseconds without a byte after which the host has sent all it will. */
const PATIENCE = 3000;

/** Text as bytes, one a character. */
function textBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** Sends back every byte as soon as there is room, and keeps a copy. */
class Echo {
  readonly received = new Uint8Array(ECHO_LENGTH);
  faults = "";
  calls = 0;
  #receivedLength = 0;
  #sentLength = 0;
  #room = 0;

  get receivedLength(): number {
    return this.#receivedLength;
  }

  get sentLength(): number {
    return this.#sentLength;
  }

  receive(serial: Serial, count: number): void {
    this.calls += 1;
    const bytes = serial.read();
    if (!(bytes instanceof ArrayBuffer)) throw new Error(`read: expected a buffer, found ${String(bytes)}`);
    expectSame(bytes.byteLength, count, "bytes read in onReadable");
    this.received.set(new Uint8Array(bytes), this.#receivedLength);
    this.#receivedLength += bytes.byteLength;
    this.#send(serial);
  }

  writable(serial: Serial, room: number): void {
    this.#room = room;
    this.#send(serial);
  }

  #send(serial: Serial): void {
    const count = Math.min(this.#room, this.#receivedLength - this.#sentLength);
    if (count === 0) return;
    this.#room -= count;
    serial.write(this.received.subarray(this.#sentLength, this.#sentLength + count));
    this.#sentLength += count;
  }
}

/** The tests. */
export function serialTrials(board: BoardDevices, turns: Turns): Trials {
  async function waitUntil(done: () => number, length: number): Promise<void> {
    let last = -1;
    let idle = 0;
    while (done() < length && idle < PATIENCE) {
      idle = done() === last ? idle + 5 : 0;
      last = done();
      await turns.wait(5);
    }
  }

  async function echoes(): Promise<string> {
    const echo = new Echo();
    const port = board.openSerial({
      baud: BAUD,
      format: "buffer",
      bufferLength: 512,
      onReadable(count) {
        echo.receive(this, count);
      },
      onWritable(count) {
        echo.writable(this, count);
      },
      onError(fault) {
        echo.faults += fault;
      },
    });
    expectRefusal("busy", "opening it twice", () => board.openSerial({ baud: BAUD }));
    port.write(textBytes("test echo\r\n"));
    await waitUntil(() => echo.sentLength, ECHO_LENGTH);
    port.flush();
    port.write(textBytes("\r\n"));
    port.flush();
    port.close();
    expectSame(echo.sentLength, ECHO_LENGTH, "bytes sent back");
    expectBytes(echo.received, pattern(ECHO_LENGTH, ECHO_SEED), "bytes received");
    expectSame(echo.faults, "", "faults");
    return `calls=${echo.calls}`;
  }

  async function holdsTheSenderBack(): Promise<string> {
    const received = new Uint8Array(SLOW_LENGTH);
    let length = 0;
    let faults = "";
    let calls = 0;
    const port = board.openSerial({
      baud: BAUD,
      bufferLength: SMALL_BUFFER,
      onReadable() {
        calls += 1;
      },
      onError(fault) {
        faults += fault;
      },
    });
    for (const byte of textBytes("test slow\r\n")) port.write(byte);
    await turns.wait(100);
    const handle = board.timer.repeat(() => {
      for (let count = 0; count < 7; count++) {
        const byte = port.read();
        if (typeof byte !== "number") return;
        received[length] = byte;
        length += 1;
      }
    }, 1);
    await waitUntil(() => length, SLOW_LENGTH);
    board.timer.clear(handle);
    port.close();
    expectSame(length, SLOW_LENGTH, "bytes received");
    expectBytes(received, pattern(SLOW_LENGTH, SLOW_SEED), "bytes received");
    expectSame(faults, "", "faults");
    return `calls=${calls}`;
  }

  /** The host finds the line whole, and no Z. */
  function writesAllOrThrows(): undefined {
    const port = board.openSerial({ baud: BAUD, format: "buffer", bufferLength: 64 });
    expectRefusal("no-space", "more than the buffer", () => port.write(new Uint8Array(65).fill(90)));
    port.write(textBytes("test whole 0123456789 abcdefghijklmnopqrstuvwxyz "));
    port.flush();
    port.write(textBytes("0123456789\r\n"));
    port.flush();
    expectRefusal(TypeError, "write of a text", () => port.write("Z" as unknown as ArrayBuffer));
    port.format = "number";
    expectRefusal(RangeError, "write of 256", () => port.write(256));
    expectRefusal(RangeError, "an unknown format", () => {
      port.format = "text" as "buffer";
    });
    expectSame(port.read(), undefined, "read of nothing");
    port.close();
    port.close();
    expectRefusal("closed", "write after close", () => port.write(90));
    expectRefusal("closed", "read after close", () => port.read());
    expectRefusal(RangeError, "a baud rate of 0", () => board.openSerial({ baud: 0 }));
    // Leaves the port working for the console.
    board.openSerial({ baud: BAUD }).flush();
    return undefined;
  }

  return [
    ["serial-echoes-4-KB", echoes],
    ["serial-holds-the-sender-back", holdsTheSenderBack],
    ["serial-writes-all-or-throws", writesAllOrThrows],
  ];
}
