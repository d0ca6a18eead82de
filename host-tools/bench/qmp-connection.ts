/** The part of the emulator's machine protocol (QMP) that tells how many instructions a board has executed. */
import type { Socket } from "node:net";
import { BenchError } from "./bench-error.ts";
import { ReplyQueue } from "./reply-queue.ts";

interface QmpMessage {
  readonly return?: Record<string, unknown>;
  readonly error?: { readonly desc: string };
}

/** Must be opened once with `open` before anything else is asked. */
export class QmpConnection {
  readonly #socket: Socket;
  readonly #replies: ReplyQueue<QmpMessage>;
  #buffer = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#replies = new ReplyQueue("the emulator's control connection", socket);
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#buffer + text).split("\n");
      this.#buffer = lines.pop() ?? "";
      for (const line of lines) {
        const message: QmpMessage = JSON.parse(line);
        // The greeting and events are no replies.
        if (message.return !== undefined || message.error !== undefined) this.#replies.reply(message);
      }
    });
  }

  /** Ends the protocol's negotiation. */
  async open(): Promise<void> {
    await this.#execute("qmp_capabilities");
  }

  /** Instructions executed since reset; exact under `-icount`, time asleep not counted. The board must stand still. */
  async instructions(): Promise<number> {
    const { icount } = await this.#execute("query-replay");
    if (typeof icount !== "number")
      throw new BenchError("probe-lost", `expected an instruction count, found ${JSON.stringify(icount)}`);
    return icount;
  }

  async #execute(command: string): Promise<Record<string, unknown>> {
    const request = `${JSON.stringify({ execute: command })}\n`;
    const message = await this.#replies.request(() => this.#socket.write(request));
    if (message.return === undefined)
      throw new BenchError("probe-lost", `${command}: expected an answer, found "${message.error?.desc}"`);
    return message.return;
  }
}
