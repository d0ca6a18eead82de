/** Reads the structured lines that boot ROM, root of trust and runtime print on the console; all other lines are free text. */

/** What a structured line says. Instructions are counted since reset and mean something under counted time only. */
export type ConsoleEvent =
  | { readonly kind: "rom-start" | "root-start"; readonly board: string; readonly version: string }
  | {
      /** The device's name: SHA-256 of its identity key, 64 hexadecimal digits. */
      readonly kind: "rom-identity";
      readonly device: string;
      /** At the first boot only: the identity key, `04 || x || y`, and the certificate of the root of trust by it. */
      readonly key?: string;
      readonly certificate?: string;
    }
  /** The stage verified the image that it starts next: `rom` the root of trust, `root` the runtime. */
  | ({ readonly kind: "rom-verified" | "root-verified" } & VerifiedFields)
  /** One slot; another may still start. */
  | { readonly kind: "rom-refused" | "root-refused"; readonly slot: string; readonly code: string }
  /** What became of the capability file that the device has stored: `in-force`, or why it is not (protocol/capability/errors.ts). */
  | { readonly kind: "root-capability"; readonly code: string }
  /** The crash log could not be opened: it is made anew where it is lost, and done without where it is worn (bootloader/log/log-error.ts). */
  | { readonly kind: "root-log"; readonly code: string }
  /** The root of trust resets the board, for this reason. */
  | { readonly kind: "root-reset"; readonly cause: string }
  /** A session at the console of the root of trust is over: `boot`, `reset` or `idle`. */
  | { readonly kind: "root-console"; readonly end: string }
  /** Resets follow each other, so that the runtime starts no earlier than this after the reset. */
  | { readonly kind: "root-wait"; readonly milliseconds: number }
  | { readonly kind: "runtime-start"; readonly instructions: number }
  /** The archive behind the runtime was refused before any machine was made (hal/native/xs/archive.h). */
  | { readonly kind: "runtime-refused"; readonly code: string }
  /** A machine was aborted; the board says why on the next lines and turns itself off (hal/native/xs/main.c). */
  | {
      readonly kind: "rom-stopped" | "root-stopped" | "runtime-stopped";
      readonly code: string;
      readonly detail?: string;
    }
  /** Nothing was left to do, so the board turns itself off. */
  | { readonly kind: "rom-ended" | "root-ended" | "runtime-ended" }
  | {
      readonly kind: "app-up";
      readonly name: string;
      readonly instructions: number;
      /** RAM in use, in bytes. */
      readonly ram: number;
    }
  | { readonly kind: "app-failed"; readonly message: string }
  /** A processor exception (hal/native/cpu/fault.c); its registers follow on indented lines. */
  | {
      readonly kind: "fault";
      readonly cause: string;
      readonly address: number;
      readonly region: string;
      readonly pc: number;
      readonly lr?: number;
      readonly status?: number;
      readonly access?: string;
      readonly detail?: string;
      /** The image that was running, `rom`, `root` or `runtime`. */
      readonly role?: string;
    };

/** An image that was verified and is started next. */
export interface VerifiedFields {
  readonly slot: string;
  /** `confirmed`, `test` or `spare`. */
  readonly start: string;
  readonly version: string;
  /** SHA-256 of the image's signed region, 64 hexadecimal digits. */
  readonly digest: string;
  /** SHA-256 of the public key, 64 hexadecimal digits. */
  readonly key: string;
  readonly instructions: number;
}

export type ConsoleProtocolErrorCode = "unknown-event" | "invalid-field";

/** A line that begins like a structured one and is not. */
export class ConsoleProtocolError extends Error {
  readonly code: ConsoleProtocolErrorCode;

  constructor(code: ConsoleProtocolErrorCode, detail: string, line: string) {
    super(`console: ${detail} in ${JSON.stringify(line.slice(0, 200))}`);
    this.name = "ConsoleProtocolError";
    this.code = code;
  }
}

type FieldKind = "word" | "hash" | "hex" | "count" | "address" | "rest";
/** A `?` marks a field that may be left out. */
type Field = FieldKind | `${FieldKind}?`;

type Fields = Readonly<Record<string, Field>>;

const START: Fields = { board: "word", version: "word" };
const VERIFIED: Fields = {
  slot: "word",
  start: "word",
  version: "word",
  digest: "hash",
  key: "hash",
  instructions: "count",
};
const REFUSED: Fields = { slot: "word", code: "word" };
const STOPPED: Fields = { code: "word", detail: "word?" };
const FIELDS: Readonly<Record<ConsoleEvent["kind"], Fields>> = {
  "rom-start": START,
  "rom-identity": { device: "hash", key: "hex?", certificate: "hex?" },
  "rom-verified": VERIFIED,
  "rom-refused": REFUSED,
  "rom-stopped": STOPPED,
  "rom-ended": {},
  "root-start": START,
  "root-verified": VERIFIED,
  "root-refused": REFUSED,
  "root-capability": { code: "word" },
  "root-log": { code: "word" },
  "root-console": { end: "word" },
  "root-wait": { milliseconds: "count" },
  "root-reset": { cause: "word" },
  "root-stopped": STOPPED,
  "root-ended": {},
  "runtime-start": { instructions: "count" },
  "runtime-refused": { code: "word" },
  "runtime-stopped": STOPPED,
  "runtime-ended": {},
  "app-up": { name: "word", instructions: "count", ram: "count" },
  "app-failed": { message: "rest" },
  fault: {
    cause: "word",
    address: "address",
    region: "word",
    pc: "address",
    lr: "address?",
    status: "address?",
    access: "word?",
    detail: "word?",
    role: "word?",
  },
};

const PATTERNS: Readonly<Record<FieldKind, RegExp>> = {
  word: /^\S+$/,
  hash: /^[0-9a-f]{64}$/,
  hex: /^(?:[0-9a-f]{2}){1,2048}$/,
  count: /^(?:0|[1-9][0-9]{0,14})$/,
  address: /^0x[0-9a-f]{1,16}$/i,
  rest: /^.*$/,
};

/**
 * Reads one line, without its line end.
 *
 * @returns undefined for free text
 * @throws ConsoleProtocolError when the line begins with `holdfast ` and has an unknown event, a field missing, twice,
 * unknown or of the wrong form
 */
export function parseConsoleLine(line: string): ConsoleEvent | undefined {
  if (!line.startsWith("holdfast ")) return undefined;
  const match = /^holdfast ([a-z]+)(?: ([a-z]+))?(?: ([a-z]+=.*))?$/.exec(line);
  const kind = [match?.[1], match?.[2]].filter((part) => part !== undefined).join("-");
  if (match === null || !Object.hasOwn(FIELDS, kind))
    throw new ConsoleProtocolError("unknown-event", `expected one of ${Object.keys(FIELDS).join(", ")}`, line);
  const fields = FIELDS[kind as ConsoleEvent["kind"]];
  const found = splitFields(match[3] ?? "", fields, line);
  const event: Record<string, string | number> = { kind };
  for (const [name, field] of Object.entries(fields)) {
    const fieldKind = field.replace("?", "") as FieldKind;
    const text = found.get(name);
    if (text === undefined && field.endsWith("?")) continue;
    if (text === undefined) throw new ConsoleProtocolError("invalid-field", `expected ${name}=, found none`, line);
    if (!PATTERNS[fieldKind].test(text))
      throw new ConsoleProtocolError("invalid-field", `expected a ${fieldKind} for ${name}, found "${text}"`, line);
    event[name] = fieldKind === "count" || fieldKind === "address" ? Number(text) : text;
  }
  return event as ConsoleEvent;
}

function splitFields(text: string, fields: Fields, line: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let rest = text; rest !== ""; ) {
    const [, name = "", value = ""] = /^([a-z]+)=(.*)$/.exec(rest) ?? [];
    if (!Object.hasOwn(fields, name))
      throw new ConsoleProtocolError(
        "invalid-field",
        `expected ${Object.keys(fields).join("=, ")}=, found "${name}"`,
        line,
      );
    if (found.has(name))
      throw new ConsoleProtocolError("invalid-field", `expected ${name}= once, found it twice`, line);
    const end = fields[name] === "rest" ? -1 : value.indexOf(" ");
    found.set(name, end < 0 ? value : value.slice(0, end));
    rest = end < 0 ? "" : value.slice(end + 1);
  }
  return found;
}
