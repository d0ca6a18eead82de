/** Reads and writes image files; a written file appears whole or not at all. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Largest file that is read as an image or payload, in bytes: the largest flash bank of any board. */
export const IMAGE_FILE_LIMIT = 64 * 1024 * 1024;

/** An image file could not be read or written; the message is one line. */
export class ImageFileError extends Error {
  override readonly name: string = "ImageFileError";
  readonly code: "file-missing" | "file-too-large" | "file-read" | "file-write";

  constructor(code: ImageFileError["code"], expected: string, found: string, path: string) {
    super(`expected ${expected}, found ${found} at ${path}`);
    this.code = code;
  }
}

/**
 * Reads a whole file.
 * @throws ImageFileError `file-missing`, `file-too-large` or `file-read`.
 */
export function readImageFile(path: string): Uint8Array {
  try {
    const size = statSync(path).size;
    if (size > IMAGE_FILE_LIMIT) {
      throw new ImageFileError("file-too-large", `at most ${IMAGE_FILE_LIMIT} bytes`, `${size}`, path);
    }
    return readFileSync(path);
  } catch (error) {
    if (error instanceof ImageFileError) throw error;
    const code = systemCode(error);
    if (code === "ENOENT") throw new ImageFileError("file-missing", "a file", "none", path);
    throw new ImageFileError("file-read", "a readable file", code, path);
  }
}

/**
 * Writes a file under a temporary name and renames it, so that a full disk or a kill leaves the old file or none.
 * @throws ImageFileError `file-write`.
 */
export function writeImageFile(path: string, bytes: Uint8Array): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.new`);
  try {
    const file = openSync(temporary, "wx", 0o644);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    throw new ImageFileError("file-write", "a file that can be written", systemCode(error), path);
  } finally {
    discard(temporary);
  }
}

/** Removes the temporary file; what hindered its making may hinder this, and the first error is the one to report. */
function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {}
}

function systemCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return String(error);
}
