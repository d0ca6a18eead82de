/** Tests of joining a terminal to a console. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { attachTerminal, type TerminalSession } from "./console-terminal.ts";

/** Types `keys` and collects what reaches the board and the screen. */
async function type(keys: string | Uint8Array, isTTY: boolean, echoes = true) {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: (raw: boolean) => modes.push(raw) });
  const sent: number[] = [];
  let shown = "";
  const session: TerminalSession = attachTerminal(
    input,
    (bytes) => sent.push(...bytes),
    echoes
      ? (text) => {
          shown += text;
        }
      : undefined,
  );
  let quit = false;
  void session.quit.then(() => {
    quit = true;
  });
  input.write(keys);
  await new Promise((done) => setImmediate(done));
  return { modes, input, session, sent: Buffer.from(sent).toString("latin1"), shown, quit };
}

describe("attachTerminal", () => {
  it("sends every key of a terminal and shows the printable ones", async () => {
    const { sent, shown, quit, modes } = await type("ok\x03\x1b[A\r", true);
    expect([sent, shown, quit]).toEqual(["ok\x03\x1b[A\r", "ok[A\r\n", false]);
    expect(modes).toEqual([true]);
  });

  it("shows nothing when an app does so itself", async () => {
    expect(await type("ok\r", true, false)).toMatchObject({ sent: "ok\r", shown: "" });
  });

  it("ends at Ctrl-] and sends nothing behind it", async () => {
    expect(await type("on\x1doff", true)).toMatchObject({ sent: "on", shown: "on", quit: true });
  });

  it("passes the bytes of a pipe on as they are", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const { sent, shown, quit, modes } = await type(bytes, false);
    expect(Buffer.from(sent, "latin1").equals(bytes)).toBe(true);
    expect([shown, quit, modes]).toEqual(["", false, []]);
  });

  it("gives the terminal back once, however often it is detached", async () => {
    const { session, modes, input } = await type("", true);
    session.detach();
    session.detach();
    expect(modes).toEqual([true, false]);
    expect([input.listenerCount("data"), input.isPaused()]).toEqual([0, true]);
  });
});
