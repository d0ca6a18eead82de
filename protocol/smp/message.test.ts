import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCbor } from "../cbor/decode.ts";
import { CborMap } from "../cbor/values.ts";
import { readSmpMessage, writeSmpMessage } from "./message.ts";

const HEADER = { version: 1, operation: 0, group: 64, sequence: 7, command: 1 } as const;

describe("SMP messages", () => {
  it("begin with the header of mcumgr", () => {
    expect(Buffer.from(writeSmpMessage(HEADER, [])).toString("hex")).toBe("0800000100400701a0");
    const write = { version: 1, operation: 2, group: 0x1234, sequence: 255, command: 5 };
    expect(Buffer.from(writeSmpMessage(write, [["d", "hi"]])).toString("hex")).toBe("0a0000061234ff05a16164626869");
  });

  it("are read as they were written", () => {
    const header = fc.record({
      version: fc.integer({ min: 0, max: 3 }),
      operation: fc.integer({ min: 0, max: 3 }),
      group: fc.integer({ min: 0, max: 0xffff }),
      sequence: fc.integer({ min: 0, max: 255 }),
      command: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(header, fc.string(), (fields, text) => {
        const { body, ...found } = readSmpMessage(writeSmpMessage(fields, [["d", text]])) ?? {
          body: new Uint8Array(0),
        };
        expect(found).toEqual(fields);
        expect(decodeCbor(body)).toEqual(new CborMap([["d", text]]));
      }),
    );
  });

  const good = writeSmpMessage(HEADER, []);
  it.each([
    ["of seven bytes", good.subarray(0, 7)],
    ["shorter than they say", good.subarray(0, 8)],
    ["longer than they say", Uint8Array.of(...good, 0)],
    ["with reserved bits", good.map((byte, at) => (at === 0 ? byte | 0x20 : byte))],
    ["of operation 4", good.map((byte, at) => (at === 0 ? byte | 4 : byte))],
    ["with flags", good.map((byte, at) => (at === 1 ? 1 : byte))],
  ])("%s are none", (_name, bytes) => {
    expect(readSmpMessage(bytes)).toBeUndefined();
  });

  it("are none or read, whatever the bytes are", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void readSmpMessage(bytes)));
  });
});
