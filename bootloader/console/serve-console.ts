/** The console's session before a runtime starts: only when a host has asked for it already, and never without an end. */
import { FrameReader, writeFrames } from "../../protocol/smp/frame.ts";
import type { ConsoleAnswer, ConsoleEnd } from "./console-server.ts";

/** The board's serial port, polled. */
export interface ConsolePort {
  /** The next byte that was received, or -1: it does not wait. */
  read(): number;
  /** Returns when the port took all of them. */
  write(bytes: Uint8Array): void;
  /** Milliseconds since the reset; never goes back. */
  uptime(): number;
}

/** The first request must be whole within this, in milliseconds, and the next one within that. */
const FIRST_REQUEST = 1_000;
const NEXT_REQUEST = 10_000;

/**
 * Serves requests until one ends it, or until none came in time: noise, other text and broken frames do not make it longer. A port
 * at which nothing waits costs one read.
 * @returns undefined when nobody asked
 */
export function serveConsole(
  port: ConsolePort,
  answerTo: (bytes: Uint8Array) => ConsoleAnswer | undefined,
): ConsoleEnd | "idle" | undefined {
  let byte = port.read();
  if (byte < 0) return undefined;
  const reader = new FrameReader();
  for (let until = port.uptime() + FIRST_REQUEST; port.uptime() < until; byte = port.read()) {
    const request = byte < 0 ? undefined : reader.push(byte);
    const answer = request === undefined ? undefined : answerTo(request);
    if (answer === undefined) continue;
    writeFrames(answer.message, port.write);
    if (answer.end !== undefined) return answer.end;
    until = port.uptime() + NEXT_REQUEST;
  }
  return "idle";
}
