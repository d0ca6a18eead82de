import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MESSAGE_BYTE_LIMIT, ROOT_CALLS, type RootCallName, rootCallOf } from "./calls.ts";
import { decodeMessage, encodeMessage, isFault } from "./codec.ts";
import type { Field, Fields, Message } from "./fields.ts";
import { ROOT_CALL_STATUSES, statusNumber, statusOf } from "./status.ts";

const NAMES = Object.keys(ROOT_CALLS) as RootCallName[];
/** Every message of the table, by name. */
const SHAPES: readonly [string, Fields][] = NAMES.flatMap((name) => [
  [`${name} request`, ROOT_CALLS[name].request],
  [`${name} reply`, ROOT_CALLS[name].reply],
]);

function valuesOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "u8":
    case "u32":
      return fc.oneof(fc.constantFrom(field.least, field.most), fc.integer({ min: field.least, max: field.most }));
    case "choice":
      return fc.constantFrom(...field.names);
    case "bytes":
      return fc.uint8Array({ minLength: field.byteLength, maxLength: field.byteLength });
    case "rest":
      return fc.uint8Array({ minLength: field.least, maxLength: field.most, size: "max" });
  }
}

function messagesOf(shape: Fields): fc.Arbitrary<Message<Fields>> {
  const fields = Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, valuesOf(field)]));
  return fc.record(fields) as fc.Arbitrary<Message<Fields>>;
}

function lengths(shape: Fields): { least: number; most: number } {
  let least = 0;
  let most = 0;
  for (const field of Object.values(shape)) {
    const fixed = field.kind === "u32" ? 4 : field.kind === "bytes" ? field.byteLength : 1;
    least += field.kind === "rest" ? field.least : fixed;
    most += field.kind === "rest" ? field.most : fixed;
  }
  return { least, most };
}

/** A message of the least length with the least values. */
function leastMessage(shape: Fields): Message<Fields> {
  const value = (field: Field): number | string | Uint8Array => {
    if (field.kind === "bytes") return new Uint8Array(field.byteLength);
    if (field.kind === "rest") return new Uint8Array(field.least);
    return field.kind === "choice" ? (field.names[0] as string) : field.least;
  };
  return Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, value(field)]));
}

describe("the table of calls", () => {
  it("gives each call a number of its own from 1 to 0x7fff", () => {
    const numbers = NAMES.map((name) => ROOT_CALLS[name].number);
    expect(new Set(numbers).size).toBe(NAMES.length);
    for (const number of numbers) expect(number > 0 && number < 0x8000, `${number}`).toBe(true);
    for (const name of NAMES) expect(rootCallOf(ROOT_CALLS[name].number)).toBe(name);
  });

  it("keeps the numbers that C knows by itself", () => {
    expect(ROOT_CALLS.reset.number).toBe(19);
    expect(ROOT_CALLS.powerOff.number).toBe(20);
    expect(statusNumber("call-unknown")).toBe(1);
    expect(statusNumber("caller-memory")).toBe(2);
    expect(statusNumber("reply-capacity")).toBe(3);
    expect(statusNumber("internal")).toBe(6);
  });

  it.each(SHAPES)("bounds %s, with variable bytes last", (_name, shape) => {
    expect(lengths(shape).most).toBeLessThanOrEqual(MESSAGE_BYTE_LIMIT);
    const kinds = Object.values(shape).map(({ kind }) => kind);
    expect(kinds.slice(0, -1)).not.toContain("rest");
    // A decoded message and a fault are told apart by this name.
    expect(Object.keys(shape)).not.toContain("fault");
  });

  it.each([0, 22, 0x7fff, 0x8000, -1, 1.5, Number.NaN, 2 ** 32 + 1])("has no call of number %s", (number) => {
    expect(rootCallOf(number)).toBeUndefined();
  });

  it("gives each status a byte and back, and takes an unknown one for a failure", () => {
    for (const status of ROOT_CALL_STATUSES) expect(statusOf(statusNumber(status))).toBe(status);
    expect(ROOT_CALL_STATUSES.length).toBeLessThan(256);
    expect(statusOf(255)).toBe("internal");
  });
});

describe("messages", () => {
  it.each(SHAPES)("come back from bytes: %s", (_name, shape) => {
    fc.assert(
      fc.property(messagesOf(shape), (message) => {
        const encoded = encodeMessage(shape, message);
        expect(encoded.length).toBeLessThanOrEqual(MESSAGE_BYTE_LIMIT);
        expect(decodeMessage(shape, encoded)).toEqual(message);
      }),
      { numRuns: 40 },
    );
  });

  it.each(SHAPES)("have one encoding, whatever the bytes: %s", (_name, shape) => {
    const { least, most } = lengths(shape);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: Math.max(least - 2, 0), maxLength: Math.min(most, 400) + 2 }), (bytes) => {
        const decoded = decodeMessage(shape, bytes);
        if (!isFault(decoded)) expect(encodeMessage(shape, decoded)).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });

  it.each(SHAPES)("of any other length are refused: %s", (_name, shape) => {
    const { least, most } = lengths(shape);
    for (const length of [least - 1, most + 1, MESSAGE_BYTE_LIMIT + 1]) {
      if (length < 0) continue;
      const decoded = decodeMessage(shape, encodeMessage(shape, leastMessage(shape)).slice(0, length));
      if (length < least) expect(decoded).toMatchObject({ fault: "request-length" });
      expect(decodeMessage(shape, new Uint8Array(Math.max(length, most + 1)).fill(1))).toHaveProperty("fault");
    }
  });

  it.each(SHAPES)("refuse numbers just outside their range: %s", (_name, shape) => {
    for (const [name, field] of Object.entries(shape)) {
      if (field.kind !== "u8" && field.kind !== "u32") continue;
      const widest = field.kind === "u8" ? 0xff : 0xffffffff;
      const open: Fields = { ...shape, [name]: { kind: field.kind, least: 0, most: widest } };
      for (const value of [field.least - 1, field.most + 1]) {
        const message = { ...leastMessage(shape), [name]: value };
        expect(() => encodeMessage(shape, message)).toThrow(RangeError);
        if (value < 0 || value > widest) continue;
        expect(decodeMessage(shape, encodeMessage(open, message))).toEqual({ fault: "request-value", field: name });
      }
    }
  });

  it("name no choice by 0, or by a number that is too high", () => {
    const shape = ROOT_CALLS.select.request;
    expect(decodeMessage(shape, Uint8Array.of(1, 1))).toEqual({ image: 1, slot: "a" });
    expect(decodeMessage(shape, Uint8Array.of(1, 2))).toEqual({ image: 1, slot: "b" });
    expect(decodeMessage(shape, Uint8Array.of(1, 0))).toEqual({ fault: "request-value", field: "slot" });
    expect(decodeMessage(shape, Uint8Array.of(1, 3))).toEqual({ fault: "request-value", field: "slot" });
    expect(() => encodeMessage(shape, { image: 1, slot: "c" as "a" })).toThrow(RangeError);
  });

  it("hold 32-bit numbers little endian", () => {
    const message = { offset: 0xf0e0d0c1, data: Uint8Array.of(7) };
    const encoded = Uint8Array.of(0xc1, 0xd0, 0xe0, 0xf0, 7);
    expect(encodeMessage(ROOT_CALLS.updateWrite.request, message)).toEqual(encoded);
    expect(decodeMessage(ROOT_CALLS.updateWrite.request, encoded)).toEqual(message);
  });

  it("are read without a copy of their bytes", () => {
    const source = new Uint8Array(36);
    const decoded = decodeMessage(ROOT_CALLS.updateWrite.request, source) as { data: Uint8Array };
    expect(decoded.data.buffer).toBe(source.buffer);
    expect(decoded.data.byteOffset).toBe(4);
  });
});
