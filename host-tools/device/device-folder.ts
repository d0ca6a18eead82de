/** A device as a folder: its public record and the files of its flash. One tool or emulator at a time may use it. */
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Board, loadBoard } from "../build/board.ts";
import { copyFlashFiles, type FlashFiles } from "../emulator/flash-image.ts";
import { type FileFlash, openPartition } from "../flash/file-flash.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { DeviceError } from "./device-error.ts";
import { type DeviceRecord, readDeviceRecord } from "./device-record.ts";

/** Folder of the flash files in a device folder. */
export const FLASH_FOLDER = "flash";
const LOCK_FILE = "lock";

/** Opens a partition of the flash that is being looked at or changed. */
export type OpenPartition = (name: string) => MemoryFlash | FileFlash;

/** An open device folder. Close it: until then nobody else may open it. */
export class DeviceFolder {
  readonly path: string;
  readonly record: DeviceRecord;
  readonly board: Board;
  readonly flash: FlashFiles;
  readonly #unlock: () => void;

  /**
   * @param root the repository, where boards are described
   * @throws DeviceError `device-missing`, `device-record`, `device-busy`; BoardError for a board that is not known any more
   */
  constructor(root: string, path: string) {
    this.path = resolve(path);
    this.record = readDeviceRecord(this.path);
    this.board = loadBoard(root, this.record.board);
    this.flash = flashFilesIn(this.board, join(this.path, FLASH_FOLDER));
    this.#unlock = lock(this.path);
  }

  /** Lets others use the device; fine to call twice. */
  close(): void {
    this.#unlock();
  }

  /**
   * Copies of partitions in memory: what code that settles or counts would change is gone afterwards.
   * @throws FileFlashError
   */
  look(): OpenPartition {
    const opened = new Map<string, MemoryFlash>();
    return (name) => {
      const known = opened.get(name);
      if (known !== undefined) return known;
      const flash = openPartition(this.board, this.flash, name, "read");
      try {
        const { size, blockLength, writeAlign } = flash.status();
        const copy = new MemoryFlash(new Uint8Array(flash.read(size, 0)), { blockLength, writeAlign, name });
        opened.set(name, copy);
        return copy;
      } finally {
        flash.close();
      }
    };
  }

  /**
   * Changes flash, all or nothing: `action` works on copies of the files, which take the places of those that it wrote to when it
   * returns and every write has reached the disk.
   * @throws what `action` throws; FileFlashError when a file failed, OutputFileError when it cannot be copied
   */
  change<Result>(action: (open: OpenPartition) => Result): Result {
    const drafts = mkdtempSync(join(this.path, `.${FLASH_FOLDER}.`));
    const opened = new Map<string, FileFlash>();
    try {
      const copies = copyFlashFiles(this.board, this.flash, drafts);
      const result = finishing(opened, () =>
        action((name) => {
          const flash = opened.get(name) ?? openPartition(this.board, copies, name, "write");
          opened.set(name, flash);
          return flash;
        }),
      );
      const written = new Set([...opened.values()].map(({ path }) => path));
      for (const [bank, copy] of Object.entries(copies))
        if (written.has(copy)) renameSync(copy, this.flash[bank] as string);
      return result;
    } finally {
      rmSync(drafts, { recursive: true, force: true });
    }
  }
}

/** Paths of a board's flash files in a folder. */
export function flashFilesIn(board: Board, folder: string): FlashFiles {
  return Object.fromEntries(board.flash.map(({ name }) => [name, join(folder, `${name}.img`)]));
}

/** Closes every partition, and says so when the file behind one failed: code for flash takes that for a worn cell. */
function finishing<Result>(opened: ReadonlyMap<string, FileFlash>, action: () => Result): Result {
  let failure: Error | undefined;
  try {
    return action();
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    for (const flash of opened.values()) {
      try {
        flash.close();
      } catch (error) {
        failure ??= error as Error;
      }
      failure = flash.failure ?? failure;
    }
    // biome-ignore lint/correctness/noUnsafeFinally: what is wrong with the file is the reason for whatever else was thrown
    if (failure !== undefined) throw failure;
  }
}

/** Takes the folder for this process. A lock of a process that is gone is no lock. */
function lock(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  for (let tries = 0; ; tries += 1) {
    try {
      const descriptor = openSync(path, "wx");
      writeSync(descriptor, `${process.pid}\n`);
      closeSync(descriptor);
      break;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST")
        throw new DeviceError("device-busy", "a device folder that can be locked", `${code}`, path);
      const holder = holderOf(path);
      if (tries > 0 || holder === undefined || isAlive(holder))
        throw new DeviceError("device-busy", "a device that nobody uses", `process ${holder ?? "unknown"}`, folder);
      rmSync(path, { force: true });
    }
  }
  const unlock = (): void => {
    process.off("exit", unlock);
    if (existsSync(path) && holderOf(path) === process.pid) rmSync(path, { force: true });
  };
  process.on("exit", unlock);
  return unlock;
}

function holderOf(path: string): number | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return /^[0-9]{1,10}\n$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
