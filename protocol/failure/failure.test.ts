/** Failure records: every cause there and back, the limits, each refusal, and what mutated and random bytes can do. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCbor } from "../cbor/encode.ts";
import { CborError } from "../cbor/errors.ts";
import { CborMap, type CborValue } from "../cbor/values.ts";
import { toHex } from "../image/bytes.ts";
import { CAUSE_KINDS, type FailureCause } from "./cause.ts";
import { decodeFailureRecord, decodeFailureReport } from "./decode.ts";
import { FAILURE_ERROR_CODES, FailureError } from "./errors.ts";
import {
  encodeFailureRecord,
  FAILURE_RECORD_BYTE_LIMIT,
  type FailureStamp,
  fingerprintOf,
  splitReport,
} from "./record.ts";
import { encodeFailureReport, type FailureReport, REPORT_BYTE_LIMIT } from "./report.ts";

const NOTHING = new Uint8Array(0);

const CAUSES: readonly FailureCause[] = [
  { kind: "exit", code: -2 },
  { kind: "exception", name: "TypeError", frames: [{ module: "app/main", line: 12, column: 3 }] },
  { kind: "out-of-memory" },
  { kind: "stack-overflow" },
  { kind: "too-much-computation" },
  { kind: "watchdog" },
  { kind: "memory-fault", region: "secure-ram", address: 0x80000000 },
  { kind: "capability-denied", capability: "AllowedConnections" },
  { kind: "attestation-failed", code: "component-mismatch" },
  { kind: "update-failed", code: "digest-mismatch" },
];

function report(cause: FailureCause, more: Partial<FailureReport> = {}): FailureReport {
  const component = new Uint8Array(16).fill(3);
  const image = new Uint8Array(32).fill(2);
  return { component, image, build: NOTHING, cause, heap: undefined, log: [], ...more };
}

const STAMP: FailureStamp = {
  sequence: 7,
  bootCount: 3,
  uptime: 123456,
  reporter: "runtime",
  images: [1, 2].map((value) => ({
    digest: new Uint8Array(32).fill(value),
    version: new Uint8Array(8).fill(value),
  })),
};

const LARGEST: FailureStamp = {
  ...STAMP,
  sequence: 0xffffffff,
  bootCount: 0xffffffff,
  uptime: Number.MAX_SAFE_INTEGER,
};

const roundTrip = (value: FailureReport) => decodeFailureReport(splitReport(encodeFailureReport(value)));

describe("a failure report", () => {
  it("has an example of each cause here", () => {
    expect(CAUSES.map(({ kind }) => kind)).toEqual(CAUSE_KINDS);
  });

  it.each(CAUSES.map((cause) => [cause.kind, cause] as const))("carries %s", (_kind, cause) => {
    expect(roundTrip(report(cause))).toEqual(report(cause));
    const full = report(cause, {
      build: new Uint8Array(20).fill(9),
      heap: { used: 1000, limit: 4_000_000_000 },
      log: ["one", "zwei \u{1f680}"],
    });
    expect(roundTrip(full)).toEqual(full);
  });

  it("is the same failure at another time, with another heap, log or fault address", () => {
    const print = (value: FailureReport) => fingerprintOf(splitReport(encodeFailureReport(value)).subject);
    const fault = (address: number) => report({ kind: "memory-fault", region: "secure-ram", address });
    expect(print(fault(1))).toBe(print({ ...fault(2), heap: { used: 1, limit: 2 }, log: ["x"] }));
    const prints = CAUSES.map((cause) => print(report(cause)));
    expect(new Set(prints).size).toBe(CAUSES.length);
    expect(print(report({ kind: "watchdog" }, { image: new Uint8Array(32).fill(8) }))).not.toBe(prints[5]);
  });

  it("leaves out the outer frames and the older lines that do not fit, and cuts lines", () => {
    const frames = Array.from({ length: 20 }, (_, line) => ({ module: "a".repeat(48), line, column: 70000 }));
    const found = roundTrip(
      report({ kind: "exception", name: "E".repeat(48), frames }, { log: ["old", "\u{1f680}".repeat(200), "new"] }),
    );
    expect(found.cause.kind === "exception" && found.cause.frames[0]).toEqual(frames[0]);
    expect(found.cause.kind === "exception" && found.cause.frames.length).toBeGreaterThan(0);
    expect(found.log.at(-1)).toBe("new");
    expect(roundTrip(report({ kind: "watchdog" }, { log: ["\u{1f680}".repeat(200)] })).log).toEqual([
      "\u{1f680}".repeat(24),
    ]);
  });

  it("has room for the last line beside the longest subject", () => {
    const frames = Array.from({ length: 8 }, () => ({ module: "m".repeat(9), line: 1, column: 1 }));
    const value = report(
      { kind: "exception", name: "E", frames },
      { build: new Uint8Array(32), log: ["x".repeat(96)] },
    );
    expect(roundTrip(value).log).toEqual(["x".repeat(96)]);
  });

  it.each([
    ["a component of 15 bytes", report({ kind: "watchdog" }, { component: new Uint8Array(15) })],
    ["an image of 31 bytes", report({ kind: "watchdog" }, { image: new Uint8Array(31) })],
    ["a build of 33 bytes", report({ kind: "watchdog" }, { build: new Uint8Array(33) })],
    ["a name with a line break", report({ kind: "update-failed", code: "a\nb" })],
    ["an empty name", report({ kind: "capability-denied", capability: "" })],
    ["a fraction", report({ kind: "exit", code: 0.5 })],
    ["a heap below zero", report({ kind: "watchdog" }, { heap: { used: -1, limit: 1 } })],
  ])("is not written with %s", (_name, value) => {
    expect(() => encodeFailureReport(value)).toThrow(expect.objectContaining({ code: "field-value" }));
  });
});

describe("a failure record", () => {
  const parts = splitReport(encodeFailureReport(report({ kind: "watchdog" })));

  it("carries the stamp and the report", () => {
    expect(decodeFailureRecord(encodeFailureRecord(STAMP, parts))).toEqual({ ...STAMP, ...parts });
  });

  it("is at most 512 bytes with the largest stamp and report", () => {
    const subject = new Uint8Array(250);
    const circumstances = new Uint8Array(REPORT_BYTE_LIMIT - 5 - 250);
    const largest = encodeCbor([subject, circumstances]);
    expect(largest.length).toBe(REPORT_BYTE_LIMIT);
    const record = encodeFailureRecord(LARGEST, splitReport(largest));
    expect(record.length).toBeLessThanOrEqual(FAILURE_RECORD_BYTE_LIMIT);
    expect(decodeFailureRecord(record)).toMatchObject(LARGEST);
  });

  it("is stamped by nobody but its writer: a report that holds a record is still a report", () => {
    const forged = encodeFailureRecord({ ...STAMP, reporter: "root", sequence: 1 }, parts);
    const record = encodeFailureRecord(STAMP, { subject: forged.subarray(0, 200), circumstances: parts.circumstances });
    expect(decodeFailureRecord(record)).toMatchObject({ sequence: 7, reporter: "runtime" });
  });

  const map = (entries: readonly (readonly [number, CborValue])[]): Uint8Array => encodeCbor(new CborMap(entries));
  const valid: readonly [number, CborValue][] = [
    [1, 7],
    [2, 3],
    [3, 5],
    [4, 1],
    [5, []],
    [6, [parts.subject, parts.circumstances]],
  ];
  const changed = (key: number, value: CborValue | undefined): Uint8Array =>
    map([...valid.filter(([other]) => other !== key), ...(value === undefined ? [] : ([[key, value]] as const))]);

  it.each([
    ["513 bytes", new Uint8Array(513), "byte-limit"],
    ["an array", encodeCbor([]), "structure"],
    ["a seventh field", changed(7, 1), "field-unknown"],
    ["no sequence", changed(1, undefined), "field-missing"],
    ["a sequence of 0", changed(1, 0), "field-value"],
    ["a boot count as text", changed(2, "3"), "field-type"],
    ["an uptime below 0", changed(3, -1), "field-value"],
    ["a third reporter", changed(4, 2), "field-value"],
    ["three images", changed(5, [[], [], []]), "field-value"],
    ["an image without version", changed(5, [[new Uint8Array(32)]]), "structure"],
    ["a short digest", changed(5, [[new Uint8Array(31), new Uint8Array(8)]]), "field-value"],
    ["a report of three parts", changed(6, [NOTHING, NOTHING, NOTHING]), "structure"],
    ["an empty subject", changed(6, [NOTHING, parts.circumstances]), "field-value"],
  ])("is refused with %s", (_name, bytes, code) => {
    expect(() => decodeFailureRecord(bytes)).toThrow(expect.objectContaining({ name: "FailureError", code }));
  });
});

describe("a hostile report", () => {
  const subject = (cause: CborValue) =>
    encodeCbor(
      new CborMap([
        [1, new Uint8Array(16)],
        [2, new Uint8Array(32)],
        [3, NOTHING],
        [4, cause],
      ]),
    );
  const empty = encodeCbor(new CborMap([]));
  const circumstances = (entries: readonly [number, CborValue][]) => encodeCbor(new CborMap(entries));

  it.each<[string, Uint8Array, Uint8Array, string]>([
    ["an unknown cause", subject([10]), empty, "cause-unknown"],
    ["a cause by name", subject(["exit"]), empty, "cause-unknown"],
    ["a cause that is no array", subject(5), empty, "field-type"],
    ["a value too many", subject([2, 1]), empty, "structure"],
    ["an exit without code", subject([0]), empty, "structure"],
    ["nine frames", subject([1, "E", Array.from({ length: 9 }, () => ["m", 1, 1])]), empty, "field-value"],
    ["a frame without column", subject([1, "E", [["m", 1]]]), empty, "structure"],
    ["a line of 2^32", subject([1, "E", [["m", 2 ** 32, 1]]]), empty, "field-value"],
    ["a name that would break a line of a log", subject([7, "a\nb"]), empty, "field-value"],
    ["a memory fault without address", subject([6, "ram"]), empty, "structure"],
    ["an address without memory fault", subject([2]), circumstances([[1, 5]]), "structure"],
    ["a heap without limit", subject([2]), circumstances([[2, 5]]), "field-missing"],
    ["a log that is no array", subject([2]), circumstances([[4, "x"]]), "field-type"],
    ["an empty log", subject([2]), circumstances([[4, []]]), "field-value"],
    ["a long line", subject([2]), circumstances([[4, ["x".repeat(97)]]]), "field-value"],
    ["circumstances that are no map", subject([2]), encodeCbor([]), "structure"],
    ["a subject of 257 bytes", new Uint8Array(257), empty, "byte-limit"],
    ["circumstances of 385 bytes", subject([2]), new Uint8Array(385), "byte-limit"],
  ])("is refused with %s", (_name, first, second, code) => {
    expect(() => decodeFailureReport({ subject: first, circumstances: second })).toThrow(
      expect.objectContaining({ name: "FailureError", code }),
    );
  });

  it.each<[string, Uint8Array, string]>([
    ["385 bytes", new Uint8Array(385), "byte-limit"],
    ["one part", encodeCbor([NOTHING]), "structure"],
    ["a map", empty, "field-type"],
    ["a part that is text", encodeCbor(["a", NOTHING]), "field-type"],
    ["an empty part", encodeCbor([NOTHING, NOTHING]), "field-value"],
    ["parts inside parts", encodeCbor([[[]]]), "depth-limit"],
  ])("is not taken apart with %s", (_name, bytes, code) => {
    expect(() => splitReport(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe("mutated and random bytes", () => {
  /** The record or report again, or a known refusal; and never a second encoding of anything. */
  function probe(bytes: Uint8Array, codes: Set<string>): void {
    try {
      const record = decodeFailureRecord(bytes);
      expect(toHex(encodeFailureRecord(record, record))).toBe(toHex(bytes));
      const found = decodeFailureReport(record);
      const again = splitReport(encodeFailureReport(found));
      expect(toHex(again.subject)).toBe(toHex(record.subject));
    } catch (error) {
      if (error instanceof CborError) codes.add(`cbor ${error.code}`);
      else if (error instanceof FailureError) {
        expect(FAILURE_ERROR_CODES).toContain(error.code);
        codes.add(error.code);
      } else throw error;
    }
  }

  const seeds = CAUSES.map((cause) =>
    encodeFailureRecord(
      STAMP,
      splitReport(encodeFailureReport(report(cause, { heap: { used: 5, limit: 9 }, log: ["last words"] }))),
    ),
  );

  /** What takes more than four changes of a byte; the tables above have them. */
  const UNREACHED: readonly string[] = ["byte-limit", "field-missing"];

  it("end in a refusal that is known, and reach all of the decoder", () => {
    const codes = new Set<string>();
    const mutation = fc.tuple(fc.nat(511), fc.nat(255), fc.constantFrom("set", "add", "insert", "delete"));
    fc.assert(
      fc.property(fc.nat(seeds.length - 1), fc.array(mutation, { minLength: 1, maxLength: 4 }), (seed, mutations) => {
        const bytes = [...(seeds[seed] as Uint8Array)];
        for (const [place, value, kind] of mutations) {
          const index = place % bytes.length;
          if (kind === "set") bytes[index] = value;
          else if (kind === "add") bytes[index] = ((bytes[index] as number) + 1) & 0xff;
          else bytes.splice(index, kind === "delete" ? 1 : 0, ...(kind === "insert" ? [value] : []));
        }
        probe(new Uint8Array(bytes), codes);
      }),
      { numRuns: 20000 },
    );
    for (const code of FAILURE_ERROR_CODES) if (!UNREACHED.includes(code)) expect([...codes]).toContain(code);
  });

  it("of any kind are refused", () => {
    const codes = new Set<string>();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => probe(bytes, codes)),
      { numRuns: 5000 },
    );
    expect(codes.size).toBeGreaterThan(3);
  });

  it("are split or refused by the root of trust, which then writes a record of at most 512 bytes", () => {
    const parts = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      parts.map((pair) => encodeCbor(pair)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          const record = encodeFailureRecord(LARGEST, splitReport(input));
          expect(record.length).toBeLessThanOrEqual(FAILURE_RECORD_BYTE_LIMIT);
        } catch (error) {
          if (!(error instanceof FailureError) && !(error instanceof CborError)) throw error;
        }
      }),
      { numRuns: 5000 },
    );
  });
});
