/** A crash log with a power cut at each of its operations, told line by line: the same lines on Node and on a device. */
import { CrashLog } from "../../../bootloader/log/crash-log.ts";
import { FailureLog } from "../../../bootloader/log/failure-log.ts";
import type { Reporter } from "../../../bootloader/log/log-state.ts";
import type { MarkFlash } from "../../../bootloader/marks/flash-access.ts";
import { encodeFailureReport } from "../../../protocol/failure/report.ts";
import { CutFlash, PowerCut } from "./cut-flash.ts";

const QUOTAS = Object.freeze({ root: 1, runtime: 2, recordByteLimit: 32 });
/** The fewest slots that these quotas allow, so that the other block is made soon. */
const BLOCK = 32 + 13 * 136;
const BOOTS = 2;

/** A board's block and write unit. */
const BOARD_BLOCK = 262_144;
const BOARD_UNIT = 4;
const PAGE = 2048;

/** A log of its own. */
class Device {
  readonly power = { left: 1_000_000 };
  readonly #flash = new CutFlash(BLOCK, this.power);

  constructor() {
    new CrashLog(this.#flash, QUOTAS).format();
  }

  boot(): CrashLog {
    const log = new CrashLog(this.#flash, QUOTAS);
    log.startBoot();
    return log;
  }

  /** Boots, failures, a delivery, resets: more than a block holds. */
  live(): void {
    for (let boot = 0; boot < 2; boot += 1) {
      const log = this.boot();
      append(log, "runtime", boot);
      append(log, "root", 1);
      append(log, "runtime", boot);
      const found = log.read(0);
      if (found !== undefined && boot > 0) log.acknowledge(found.sequence);
      log.prepareReset("update");
    }
  }
}

function append(log: CrashLog, reporter: Reporter, fingerprint: number): void {
  log.append({ reporter, fingerprint, encode: (sequence, boots) => new Uint8Array(20).fill(sequence * 16 + boots) });
}

/** Cuts at operation 0, 1, 2, ... until a life ends without one. @returns the number of cuts */
export function logTranscript(say: (line: string) => void): number {
  for (let operation = 0; ; operation += 1) {
    const device = new Device();
    device.power.left = operation;
    try {
      device.live();
      say(`no log cut: ${told(device)}`);
      return operation;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      device.power.left = 1_000_000;
      say(`log cut ${operation}: ${told(device)}`);
    }
  }
}

function told(device: Device): string {
  let text = "";
  for (let boot = 0; boot < BOOTS; boot += 1) {
    const log = device.boot();
    text += `boot ${log.bootCount} after ${log.lastReset}`;
    let found = log.read(0, true);
    while (found !== undefined) {
      const { sequence, repeats, reporter, isAcknowledged, record } = found;
      text += `, ${sequence} ${reporter} ${record[0]}x${record.length}+${repeats}${isAcknowledged ? " sent" : ""}`;
      found = log.read(sequence, true);
    }
    text += "; ";
  }
  return text;
}

/** Two blocks as large as a board's, of which only what was written takes room. */
class SparseFlash implements MarkFlash {
  reads = 0;
  bytesRead = 0;
  readonly #pages: (Uint8Array | undefined)[] = new Array((2 * BOARD_BLOCK) / PAGE).fill(undefined);

  status() {
    const size = 2 * BOARD_BLOCK;
    return { size, blockLength: BOARD_BLOCK, blocks: 2, eraseValue: 0xff, writeAlign: BOARD_UNIT };
  }

  read(target: number | Uint8Array, position: number): ArrayBuffer {
    const bytes = typeof target === "number" ? new Uint8Array(target) : target;
    this.reads += 1;
    this.bytesRead += bytes.length;
    for (let done = 0; done < bytes.length; ) {
      const at = position + done;
      const count = Math.min(PAGE - (at % PAGE), bytes.length - done);
      const page = this.#pages[Math.floor(at / PAGE)];
      if (page === undefined) bytes.fill(0xff, done, done + count);
      else bytes.set(page.subarray(at % PAGE, (at % PAGE) + count), done);
      done += count;
    }
    return bytes.buffer as ArrayBuffer;
  }

  write(data: ArrayBuffer | Uint8Array, position: number): void {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    for (let done = 0; done < bytes.length; ) {
      const at = position + done;
      const count = Math.min(PAGE - (at % PAGE), bytes.length - done);
      const number = Math.floor(at / PAGE);
      const page = this.#pages[number] ?? new Uint8Array(PAGE).fill(0xff);
      this.#pages[number] = page;
      // All of it was erased before: no program writes a unit twice.
      page.set(bytes.subarray(done, done + count), at % PAGE);
      done += count;
    }
  }

  eraseBlock(block: number): void {
    this.#pages.fill(undefined, (block * BOARD_BLOCK) / PAGE, ((block + 1) * BOARD_BLOCK) / PAGE);
  }
}

/** What opening a log of a board's size takes. */
export interface LogMeasurement {
  readonly reads: number;
  readonly bytesRead: number;
  /** By `measure`. */
  readonly opening: number;
  readonly appending: number;
}

/** Opens a log in which all records have come, and adds one. @param measure what a call costs */
export function measureLog(measure: (call: () => void) => number): LogMeasurement {
  const flash = new SparseFlash();
  new CrashLog(flash).format();
  let log = new CrashLog(flash);
  log.startBoot();
  const images = [1, 2].map((value) => ({
    digest: new Uint8Array(32).fill(value),
    version: new Uint8Array(8).fill(value),
  }));
  const report = (code: number) =>
    encodeFailureReport({
      component: new Uint8Array(16),
      image: new Uint8Array(32),
      build: new Uint8Array(0),
      cause: { kind: "exit", code },
      heap: undefined,
      log: [],
    });
  const failures = (): FailureLog => new FailureLog({ log, images, uptime: () => 1 });
  for (let code = 0; code < 20; code += 1) failures().append(report(code));
  log = new CrashLog(flash);
  flash.reads = 0;
  flash.bytesRead = 0;
  const opening = measure(() => log.startBoot());
  const { reads, bytesRead } = flash;
  const next = report(100);
  return { reads, bytesRead, opening, appending: measure(() => failures().append(next)) };
}
