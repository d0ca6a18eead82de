/** Makes the files that stand for NOR flash banks: exact size, erased where partitions are, sparse elsewhere. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Board, FlashBank, Partition } from "../build/board.ts";
import { replaceFileWith, writeFully } from "../build/replace-file.ts";
import { EmulatorError } from "./emulator-error.ts";

/** Paths of a board's flash files by bank name. */
export type FlashFiles = Readonly<Record<string, string>>;

/** Bytes for partitions, by partition name; partitions left out stay erased. */
export type FlashContents = Readonly<Record<string, Uint8Array>>;

const CHUNK_BYTES = 1024 * 1024;
const ERASED = Buffer.alloc(CHUNK_BYTES, 0xff);
const HOLE = Buffer.alloc(CHUNK_BYTES);

/**
 * Writes one file a bank into `folder`, named after the bank. Every bank reads FF from its start to the end of its last
 * partition, as erased flash does; the rest of the file is a hole that reads 0 and that no product part may use.
 *
 * @throws EmulatorError image-too-large, flash-mismatch for an unknown partition; OutputFileError when writing fails
 */
export function createFlashFiles(board: Board, folder: string, contents: FlashContents): FlashFiles {
  const placed = place(board, contents);
  const files: Record<string, string> = {};
  for (const bank of board.flash) {
    const path = join(folder, `${bank.name}.img`);
    replaceFileWith(path, (descriptor) => {
      ftruncateSync(descriptor, bank.fileByteLength);
      fillErased(descriptor, usedByteLength(board, bank));
      for (const { partition, bytes } of placed)
        if (partition.bank === bank.name) writeFully(descriptor, bytes, partition.offset);
    });
    files[bank.name] = path;
  }
  return files;
}

/**
 * Copies a board's flash files into another folder with some partitions replaced: erased, then filled from their
 * start. Holes stay holes. The originals are not touched.
 *
 * @throws EmulatorError as `createFlashFiles`, and flash-mismatch for a file of the wrong size
 */
export function copyFlashFiles(
  board: Board,
  files: FlashFiles,
  folder: string,
  changes: FlashContents = {},
): FlashFiles {
  const placed = place(board, changes);
  const copies: Record<string, string> = {};
  for (const bank of board.flash) {
    const source = files[bank.name];
    if (source === undefined)
      throw new EmulatorError("flash-mismatch", `expected a flash file for ${bank.name} of ${board.name}, found none`);
    const path = join(folder, `${bank.name}.img`);
    replaceFileWith(path, (descriptor) => {
      copySparse(source, descriptor, bank.fileByteLength, usedByteLength(board, bank));
      for (const { partition, bytes } of placed) {
        if (partition.bank !== bank.name) continue;
        const rest = Buffer.alloc(partition.byteLength - bytes.length, 0xff);
        writeFully(descriptor, bytes, partition.offset);
        writeFully(descriptor, rest, partition.offset + bytes.length);
      }
    });
    copies[bank.name] = path;
  }
  return copies;
}

/** Reads a whole partition out of a board's flash files. */
export function readPartition(board: Board, files: FlashFiles, name: string): Buffer {
  const partition = findPartition(board, name);
  const bytes = Buffer.alloc(partition.byteLength);
  const descriptor = openSync(files[partition.bank] ?? "", "r");
  try {
    readSync(descriptor, bytes, 0, bytes.length, partition.offset);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

function place(board: Board, contents: FlashContents): { partition: Partition; bytes: Uint8Array }[] {
  return Object.entries(contents).map(([name, bytes]) => {
    const partition = findPartition(board, name);
    if (bytes.length > partition.byteLength)
      throw new EmulatorError(
        "image-too-large",
        `expected at most ${partition.byteLength} bytes for partition ${name} of ${board.name}, found ${bytes.length}`,
      );
    return { partition, bytes };
  });
}

function findPartition(board: Board, name: string): Partition {
  const partition = board.partitions.find((candidate) => candidate.name === name);
  if (partition !== undefined) return partition;
  const known = board.partitions.map((candidate) => candidate.name).join(", ");
  throw new EmulatorError("flash-mismatch", `expected a partition of ${board.name} (${known}), found "${name}"`);
}

function usedByteLength(board: Board, bank: FlashBank): number {
  const ends = board.partitions.filter((partition) => partition.bank === bank.name).map((p) => p.offset + p.byteLength);
  return Math.max(0, ...ends);
}

function fillErased(descriptor: number, byteLength: number): void {
  for (let offset = 0; offset < byteLength; offset += CHUNK_BYTES)
    writeFully(descriptor, ERASED.subarray(0, Math.min(CHUNK_BYTES, byteLength - offset)), offset);
}

/** Behind `usedByteLength` there is only the hole. */
function copySparse(source: string, descriptor: number, byteLength: number, usedByteLength: number): void {
  const from = openSync(source, "r");
  try {
    const { size } = fstatSync(from);
    if (size !== byteLength)
      throw new EmulatorError("flash-mismatch", `expected ${byteLength} bytes in ${source}, found ${size}`);
    ftruncateSync(descriptor, byteLength);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let offset = 0; offset < usedByteLength; offset += CHUNK_BYTES) {
      const bytes = chunk.subarray(0, readSync(from, chunk, 0, CHUNK_BYTES, offset));
      if (!bytes.equals(HOLE.subarray(0, bytes.length))) writeFully(descriptor, bytes, offset);
    }
  } finally {
    closeSync(from);
  }
}
