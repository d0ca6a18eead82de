/** Writes output files so that a reader sees the old bytes or the new ones, never a half. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export type OutputFileErrorCode = "disk-full" | "unwritable";

/** An output file that could not be written; nothing of it is left. */
export class OutputFileError extends Error {
  readonly code: OutputFileErrorCode;

  constructor(path: string, cause: unknown) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const full = reason === "ENOSPC" || reason === "EDQUOT";
    super(`${path}: expected to write this file, found ${full ? "no space left on the disk" : reason}`, { cause });
    this.name = "OutputFileError";
    this.code = full ? "disk-full" : "unwritable";
  }
}

/**
 * The same for a file that another program was to write, from what it said.
 *
 * @returns undefined when a full disk is not what stopped it
 */
export function diskFullError(path: string, said: string): OutputFileError | undefined {
  return /No space left on device|Disk quota exceeded/.test(said)
    ? new OutputFileError(path, { code: "ENOSPC" })
    : undefined;
}

/** Part of a file: bytes at an offset; what lies between parts stays sparse. */
export interface FilePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes a whole file and replaces the old one in one step; makes its folder when it is absent.
 *
 * @throws OutputFileError
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  replaceFileWith(path, (descriptor) =>
    writeFully(descriptor, typeof content === "string" ? Buffer.from(content) : content, 0),
  );
}

/**
 * As `replaceFile`, with the writing left to `fill`, which gets the open descriptor of the file that will take the
 * place of `path` once `fill` returns.
 *
 * @param mode of the new file, from its first byte on
 */
export function replaceFileWith(path: string, fill: (descriptor: number) => void, mode = 0o666): void {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.draft`);
  let descriptor: number | undefined;
  let opened = false;
  try {
    mkdirSync(dirname(path), { recursive: true });
    descriptor = openSync(draft, "w", mode);
    opened = true;
    fill(descriptor);
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = undefined;
    renameSync(draft, path);
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    if (opened) rmSync(draft, { force: true });
    throw error instanceof Error && "syscall" in error ? new OutputFileError(path, error) : error;
  }
}

/** Writes all of `bytes` at `offset`, however many calls that takes. */
export function writeFully(descriptor: number, bytes: Uint8Array, offset: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(descriptor, bytes, written, bytes.length - written, offset + written);
}
