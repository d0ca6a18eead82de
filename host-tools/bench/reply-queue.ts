/** A connection to the emulator on which one request at a time waits for one reply. */
import { createServer, type Socket } from "node:net";
import { BenchError } from "./bench-error.ts";

/** Listens on a unix socket until the emulator connects. @throws BenchError probe-lost after `timeoutMs` */
export async function acceptOne(path: string, timeoutMs: number): Promise<{ readonly socket: Promise<Socket> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  const socket = new Promise<Socket>((resolve, reject) => {
    const late = new BenchError("probe-lost", `expected the emulator on ${path} within ${timeoutMs} ms, found nobody`);
    const timer = setTimeout(() => reject(late), timeoutMs);
    server.once("connection", (connected) => {
      clearTimeout(timer);
      resolve(connected);
    });
  }).finally(() => server.close());
  // Nobody waits for it when the emulator does not start; that error is the one to show.
  socket.catch(() => {});
  return { socket };
}

/** Replies go to requests in order; the end of the connection rejects all that still wait. */
export class ReplyQueue<T> {
  readonly #waiting: { resolve(reply: T): void; reject(error: BenchError): void }[] = [];
  readonly #name: string;
  #ended = false;

  constructor(name: string, socket: Socket) {
    this.#name = name;
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      for (const { reject } of this.#waiting.splice(0)) reject(this.#lost());
    });
  }

  /** Sends by `send`, then waits. @throws BenchError probe-lost */
  request(send: () => void): Promise<T> {
    if (this.#ended) return Promise.reject(this.#lost());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      send();
    });
  }

  /** Takes a reply. */
  reply(value: T): void {
    this.#waiting.shift()?.resolve(value);
  }

  #lost(): BenchError {
    return new BenchError("probe-lost", `expected a reply on ${this.#name}, found the connection closed`);
  }
}
