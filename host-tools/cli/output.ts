/** Where verbs write: text and tables for people, exactly one JSON object for programs. */

import picocolors from "picocolors";

/** A stream that takes text; process.stdout and process.stderr fit. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** Colours that do nothing when the stream is not a terminal, or NO_COLOR is set. */
export type Colours = ReturnType<typeof picocolors.createColors>;

export type Alignment = "left" | "right";

export interface Column {
  readonly title: string;
  /** Default: left. Numbers read better on the right. */
  readonly align?: Alignment;
}

/** Cells that may carry colour codes still line up: width is counted without them. */
export function visibleWidth(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what starts a colour code
  return [...text.replace(/\u001b\[[0-9;]*m/g, "")].length;
}

/** Lays out a table: a title row, then rows, columns two spaces apart, no trailing blanks. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => visibleWidth(row[index] ?? ""))));
  return all.map((row) =>
    columns
      .map((column, index) => {
        const cell = row[index] ?? "";
        const padding = " ".repeat((widths[index] ?? 0) - visibleWidth(cell));
        return column.align === "right" ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** A length for people, in binary units: `512 B`, `400.0 KiB`, `16.0 MiB`. */
export function formatByteLength(byteLength: number): string {
  if (byteLength < 1024) return `${byteLength} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = byteLength / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/**
 * One verb's output. Without --json: `line` and `table` go to standard output, `progress` and `warn` to standard error.
 * With --json: standard output carries the one object given to `result` and nothing else, everything else that is worth
 * seeing goes to standard error, and `line` and `table` are left out.
 */
export class Output {
  readonly json: boolean;
  /** For text given to `line` and `table`. */
  readonly colours: Colours;
  readonly #out: TextSink;
  readonly #error: TextSink;
  readonly #errorColours: Colours;
  #hasResult = false;

  constructor(options: { json: boolean; out: TextSink; error: TextSink; colour?: boolean | undefined }) {
    this.json = options.json;
    this.#out = options.out;
    this.#error = options.error;
    this.colours = picocolors.createColors(
      options.colour ?? (options.out.isTTY === true && picocolors.isColorSupported),
    );
    this.#errorColours = picocolors.createColors(
      options.colour ?? (options.error.isTTY === true && picocolors.isColorSupported),
    );
  }

  /** True when a person is watching standard output. */
  get isTerminal(): boolean {
    return this.#out.isTTY === true && !this.json;
  }

  /** True once `result` was called. */
  get hasResult(): boolean {
    return this.#hasResult;
  }

  /** One line of the answer for people. */
  line(text = ""): void {
    if (!this.json) this.#out.write(`${text}\n`);
  }

  /** The answer as a table for people. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const [title = "", ...body] = formatTable(columns, rows);
    this.line(this.colours.bold(title));
    for (const row of body) this.line(row);
  }

  /** Text as it comes, such as a board's console. With --json it goes to standard error. */
  raw(text: string): void {
    (this.json ? this.#error : this.#out).write(text);
  }

  /** What is being done, while it is done. */
  progress(text: string): void {
    this.#error.write(`${this.#errorColours.dim(text)}\n`);
  }

  /** Something that a person must notice although the verb goes on. */
  warn(text: string): void {
    this.#error.write(`${this.#errorColours.yellow(`warning: ${text}`)}\n`);
  }

  /**
   * The answer for programs; written only with --json, so call it always. Numbers carry their unit in the key's name.
   * @throws Error when called twice: one object is the promise.
   */
  result(value: object): void {
    if (this.#hasResult) throw new Error("expected one result, found a second one");
    this.#hasResult = true;
    if (this.json) this.#out.write(`${JSON.stringify(value)}\n`);
  }

  /** The line that ends a failed verb. */
  failure(code: string, message: string): void {
    const line = message.replace(/\s*\n\s*/g, " ");
    if (this.json && !this.#hasResult) this.result({ error: { code, message: line } });
    else this.#error.write(`${this.#errorColours.red("holdfast:")} ${line}\n`);
  }
}
