/** Failures of the root of trust and of the runtime on their way into the crash log: stamped here, so that neither can forge. */
import { encodeFailureRecord, fingerprintOf, type RunningImage, splitReport } from "../../protocol/failure/record.ts";
import { encodeFailureReport, type FailureReport } from "../../protocol/failure/report.ts";
import type { CrashLog, StoredFailure } from "./crash-log.ts";
import { LogError } from "./log-error.ts";
import type { Reporter } from "./log-state.ts";
import type { ResetReason } from "./reset-reason.ts";

/** What records are stamped with. */
export interface FailureLogOptions {
  /** Opened with `startBoot`. */
  readonly log: CrashLog;
  /** Milliseconds since the reset. */
  readonly uptime: () => number;
  /** What runs, the root of trust first. */
  readonly images: readonly RunningImage[];
}

/** The crash log as the calls of the runtime see it, and {@link FailureLog.report} beside it for the root of trust itself. */
export class FailureLog {
  readonly #options: FailureLogOptions;

  constructor(options: FailureLogOptions) {
    this.#options = options;
  }

  get bootCount(): number {
    return this.#options.log.bootCount;
  }

  get lastReset(): ResetReason {
    return this.#options.log.lastReset;
  }

  /**
   * Keeps a report of the runtime: any bytes that have the form of one.
   * @returns the record's sequence
   * @throws FailureError, CborError for bytes that are no report; LogError `log-storm`, `log-worn`
   */
  append(report: Uint8Array): number {
    const sequence = this.#append("runtime", report);
    if (sequence === undefined) throw new LogError("log-storm", "fewer different failures in one boot", "more");
    return sequence;
  }

  /**
   * Keeps a failure that the root of trust saw itself. It never throws for want of room or of good flash: what follows, most often a
   * reset, must not depend on it.
   * @returns false when it was not kept
   */
  report(report: FailureReport): boolean {
    try {
      return this.#append("root", encodeFailureReport(report)) !== undefined;
    } catch (error) {
      if (error instanceof LogError) return false;
      throw error;
    }
  }

  /** The first record after a sequence that was not delivered. @throws LogError `log-worn` */
  read(after: number): StoredFailure | undefined {
    return this.#options.log.read(after);
  }

  /** The runtime's word that the records up to a sequence were delivered as they were read. @throws LogError `log-worn` */
  acknowledge(through: number): void {
    this.#options.log.acknowledge(through, "runtime");
  }

  #append(reporter: Reporter, report: Uint8Array): number | undefined {
    const { log, uptime, images } = this.#options;
    const parts = splitReport(report);
    return log.append({
      reporter,
      fingerprint: fingerprintOf(parts.subject),
      encode: (sequence, bootCount) =>
        encodeFailureRecord({ sequence, bootCount, uptime: uptime(), reporter, images }, parts),
    });
  }
}
