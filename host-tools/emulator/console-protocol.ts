/** Reads the structured lines that boot stage and runtime print on the console; all other lines are free text. */

/** What a structured line says. Instructions are counted since reset and mean something under counted time only. */
export type ConsoleEvent =
  | { readonly kind: "boot-start"; readonly board: string; readonly version: string }
  | {
      readonly kind: "boot-verified";
      readonly version: string;
      /** SHA-256 of the image's signed region, 64 hexadecimal digits. */
      readonly digest: string;
      /** SHA-256 of the public key, 64 hexadecimal digits. */
      readonly key: string;
      readonly instructions: number;
    }
  | { readonly kind: "boot-refused"; readonly code: string; readonly detail?: string }
  | { readonly kind: "runtime-start"; readonly instructions: number }
  /** The archive behind the runtime was refused before any machine was made (hal/native/xs/archive.h). */
  | { readonly kind: "runtime-refused"; readonly code: string }
  /** A machine was aborted; the board says why on the next lines and turns itself off (hal/native/xs/main.c). */
  | { readonly kind: "boot-stopped" | "runtime-stopped"; readonly code: string }
  /** Nothing was left to do, so the board turns itself off. */
  | { readonly kind: "boot-ended" | "runtime-ended" }
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
      /** The image that was running, `boot` or `runtime`. */
      readonly role?: string;
    };

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

type FieldKind = "word" | "hash" | "count" | "address" | "rest";
/** A `?` marks a field that may be left out. */
type Field = FieldKind | `${FieldKind}?`;

const FIELDS: Readonly<Record<ConsoleEvent["kind"], Readonly<Record<string, Field>>>> = {
  "boot-start": { board: "word", version: "word" },
  "boot-verified": { version: "word", digest: "hash", key: "hash", instructions: "count" },
  "boot-refused": { code: "word", detail: "word?" },
  "boot-stopped": { code: "word" },
  "boot-ended": {},
  "runtime-start": { instructions: "count" },
  "runtime-refused": { code: "word" },
  "runtime-stopped": { code: "word" },
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

function splitFields(text: string, fields: Readonly<Record<string, Field>>, line: string): Map<string, string> {
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
