/** Joins a person's terminal to a board's console: keys go to the board, Ctrl-] ends the session. */

/** What a terminal's input offers; process.stdin fits, and any readable stream. */
export interface TerminalInput {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  off(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** Ctrl-], as telnet uses it. */
export const QUIT_BYTE = 0x1d;

export interface TerminalSession {
  /** Resolves when the person pressed Ctrl-]. */
  readonly quit: Promise<"quit">;
  /** Gives the terminal back; fine to call twice. */
  detach(): void;
}

/**
 * Starts sending input to a board. On a terminal every key goes through at once, Ctrl-C too; from a pipe the bytes go
 * through as they are.
 *
 * @param send takes the bytes for the board's console
 * @param echo when given, shows what a person types: raw mode turns the terminal's own echo off
 */
export function attachTerminal(
  input: TerminalInput,
  send: (bytes: Uint8Array) => void,
  echo?: (text: string) => void,
): TerminalSession {
  let stop: (reason: "quit") => void = () => {};
  const quit = new Promise<"quit">((resolve) => {
    stop = resolve;
  });
  const raw = input.isTTY === true;
  const take = (bytes: Uint8Array) => {
    const end = raw ? bytes.indexOf(QUIT_BYTE) : -1;
    const wanted = end < 0 ? bytes : bytes.subarray(0, end);
    if (raw && wanted.length > 0) echo?.(visible(wanted));
    if (wanted.length > 0) send(wanted);
    if (end >= 0) stop("quit");
  };
  if (raw) input.setRawMode?.(true);
  input.on("data", take);
  input.resume();
  let attached = true;
  return {
    quit,
    detach: () => {
      if (!attached) return;
      attached = false;
      input.off("data", take);
      if (raw) input.setRawMode?.(false);
      input.pause();
    },
  };
}

/** Printable characters and line ends; whatever else a key sends could do things to the terminal. */
function visible(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => (byte === 13 || byte === 10 ? "\r\n" : byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ""))
    .join("");
}
