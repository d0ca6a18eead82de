/** What the crash log must hold, said without flash: plain objects and pure functions, written apart from the code under test. */
import type { Reporter } from "../../bootloader/log/log-state.ts";
import type { ResetReason } from "../../bootloader/log/reset-reason.ts";

/** Records that a simulated log keeps: few, so that the ring turns soon. */
export const MODEL_QUOTAS = Object.freeze({ root: 2, runtime: 4, recordByteLimit: 48 });

/** A record that is kept. */
export interface ModelEntry {
  readonly sequence: number;
  /** The boot in which it was made. */
  readonly bootCount: number;
  /** What failed: equal for the same failure. */
  readonly key: number;
  readonly reporter: Reporter;
  readonly repeats: number;
  readonly isAcknowledged: boolean;
}

/** A log between two calls. */
export interface LogModel {
  readonly bootCount: number;
  readonly lastReset: ResetReason;
  /** The reason that the next boot will find. */
  readonly nextReset: ResetReason;
  readonly nextSequence: number;
  readonly entries: readonly ModelEntry[];
}

/** A change of the log. */
export type LogOperation =
  | { readonly kind: "append"; readonly reporter: Reporter; readonly key: number }
  /** All records up to one are read, and then acknowledged. */
  | { readonly kind: "deliver"; readonly through: number; readonly by: "runtime" | "service" }
  | { readonly kind: "reset"; readonly reason: ResetReason };

/** A log that was just made. */
export const NEW_LOG: LogModel = Object.freeze({
  bootCount: 0,
  lastReset: "power-on",
  nextReset: "power-on",
  nextSequence: 1,
  entries: [],
});

/** The log after a boot. */
export function boot(model: LogModel): LogModel {
  return { ...model, bootCount: model.bootCount + 1, lastReset: model.nextReset, nextReset: "power-on" };
}

/** The log after a change. */
export function apply(model: LogModel, operation: LogOperation): LogModel {
  switch (operation.kind) {
    case "append":
      return append(model, operation.reporter, operation.key);
    case "deliver":
      return deliver(model, operation.through, operation.by);
    case "reset":
      return { ...model, nextReset: operation.reason };
  }
}

function append(model: LogModel, reporter: Reporter, key: number): LogModel {
  const isSame = (entry: ModelEntry): boolean =>
    entry.reporter === reporter && entry.key === key && !entry.isAcknowledged;
  if (model.entries.some(isSame)) {
    const entries = model.entries.map((entry) => (isSame(entry) ? { ...entry, repeats: entry.repeats + 1 } : entry));
    return { ...model, entries };
  }
  const { bootCount, nextSequence: sequence } = model;
  const added = { sequence, bootCount, key, reporter, repeats: 0, isAcknowledged: false };
  return { ...model, nextSequence: sequence + 1, entries: [...withRoom(model.entries, reporter), added] };
}

/** The ring rule: an own record that was delivered, if that is the runtime's to say, or the oldest of the newer half. */
function withRoom(entries: readonly ModelEntry[], reporter: Reporter): readonly ModelEntry[] {
  const own = entries.filter((entry) => entry.reporter === reporter);
  if (own.length < MODEL_QUOTAS[reporter]) return entries;
  const delivered = reporter === "runtime" ? own.find(({ isAcknowledged }) => isAcknowledged) : undefined;
  const victim = delivered ?? own[MODEL_QUOTAS[reporter] / 2];
  return entries.filter((entry) => entry !== victim);
}

function deliver(model: LogModel, through: number, by: "runtime" | "service"): LogModel {
  if (by === "service") return { ...model, entries: model.entries.filter(({ sequence }) => sequence > through) };
  const entries = model.entries.map((entry) =>
    entry.sequence <= through ? { ...entry, isAcknowledged: true } : entry,
  );
  return { ...model, entries };
}

/** The bytes of a record: their number and values follow from what it is, so that parts of two are no third. */
export function recordBytes({ sequence, bootCount, key }: Pick<ModelEntry, "sequence" | "bootCount" | "key">) {
  const bytes = new Uint8Array(9 + ((key * 37) % 40));
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = (sequence * 29 + bootCount * 13 + key * 7 + index * 3) & 0xff;
  }
  bytes[0] = sequence;
  bytes[1] = bootCount;
  bytes[2] = key;
  return bytes;
}
