/** Tests of the console's structured lines. */
import fastCheck from "fast-check";
import { describe, expect, it } from "vitest";
import { ConsoleProtocolError, parseConsoleLine } from "./console-protocol.ts";

const hash = "ab".repeat(32);

describe("parseConsoleLine", () => {
  it.each<[string, object]>([
    ["holdfast rom start board=virt-a7 version=0.1.0", { kind: "rom-start", board: "virt-a7", version: "0.1.0" }],
    [`holdfast rom identity device=${hash}`, { kind: "rom-identity", device: hash }],
    [
      `holdfast rom identity device=${hash} key=04ab certificate=d8a0`,
      { kind: "rom-identity", device: hash, key: "04ab", certificate: "d8a0" },
    ],
    [
      `holdfast root verified slot=b start=test version=1.2.3+4 digest=${hash} key=${hash} instructions=123456`,
      {
        kind: "root-verified",
        slot: "b",
        start: "test",
        version: "1.2.3+4",
        digest: hash,
        key: hash,
        instructions: 123456,
      },
    ],
    [
      "holdfast root refused slot=a code=signature-invalid",
      { kind: "root-refused", slot: "a", code: "signature-invalid" },
    ],
    ["holdfast root capability code=in-force", { kind: "root-capability", code: "in-force" }],
    ["holdfast root log code=log-missing", { kind: "root-log", code: "log-missing" }],
    ["holdfast root console end=idle", { kind: "root-console", end: "idle" }],
    ["holdfast root wait milliseconds=60000", { kind: "root-wait", milliseconds: 60000 }],
    ["holdfast root reset cause=watchdog", { kind: "root-reset", cause: "watchdog" }],
    ["holdfast rom stopped code=out-of-memory", { kind: "rom-stopped", code: "out-of-memory" }],
    ["holdfast root ended", { kind: "root-ended" }],
    ["holdfast runtime refused code=archive-version", { kind: "runtime-refused", code: "archive-version" }],
    ["holdfast runtime stopped code=unhandled-exception", { kind: "runtime-stopped", code: "unhandled-exception" }],
    ["holdfast runtime ended", { kind: "runtime-ended" }],
    ["holdfast runtime start instructions=0", { kind: "runtime-start", instructions: 0 }],
    [
      "holdfast app up name=thermo instructions=7 ram=4096",
      { kind: "app-up", name: "thermo", instructions: 7, ram: 4096 },
    ],
    ["holdfast app failed message=TypeError: a=b is not", { kind: "app-failed", message: "TypeError: a=b is not" }],
    ["holdfast app failed message=", { kind: "app-failed", message: "" }],
    [
      "holdfast fault cause=data-abort address=0x0000ABCD region=flash pc=0x10",
      { kind: "fault", cause: "data-abort", address: 0xabcd, region: "flash", pc: 0x10 },
    ],
    [
      "holdfast fault cause=undefined address=0x00000010 region=text pc=0x00000010 lr=0x00000001 status=0x0000000a access=execute detail=none role=runtime",
      {
        kind: "fault",
        cause: "undefined",
        address: 0x10,
        region: "text",
        pc: 0x10,
        lr: 1,
        status: 10,
        access: "execute",
        detail: "none",
        role: "runtime",
      },
    ],
  ])("reads %s", (line, event) => {
    expect(parseConsoleLine(line)).toEqual(event);
  });

  it.each(["", "hello", "holdfastness is good", "    at run (app.ts:3)", " holdfast rom start"])(
    "takes %j as free text",
    (line) => {
      expect(parseConsoleLine(line)).toBeUndefined();
    },
  );

  it.each<[string, string, string]>([
    ["holdfast ", "unknown-event", "rom-start"],
    ["holdfast rom exploded", "unknown-event", "rom-start"],
    ["holdfast rom paused code=x", "unknown-event", "runtime-stopped"],
    ["holdfast runtime stopped", "invalid-field", "expected code="],
    ["holdfast runtime ended code=0", "invalid-field", 'found "code"'],
    ["holdfast fault cause=x address=0x1 region=r pc=0x1 status=ten", "invalid-field", "expected a address for status"],
    ["holdfast constructor", "unknown-event", "rom-start"],
    ["holdfast runtime start", "invalid-field", "expected instructions="],
    ["holdfast runtime start instructions=-1", "invalid-field", "expected a count"],
    ["holdfast runtime start instructions=1 instructions=2", "invalid-field", "once"],
    ["holdfast runtime start instructions=1 extra=2", "invalid-field", 'found "extra"'],
    [
      `holdfast rom verified slot=a start=test version=1 digest=${hash.slice(1)} key=${hash} instructions=1`,
      "invalid-field",
      "expected a hash for digest",
    ],
    ["holdfast rom start board= version=1", "invalid-field", "expected a word for board"],
  ])("refuses %j", (line, code, text) => {
    expect(() => parseConsoleLine(line)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });

  it("throws nothing but ConsoleProtocolError", () => {
    const part = fastCheck.constantFrom(
      "holdfast ",
      "rom ",
      "start ",
      "app ",
      "up ",
      "failed ",
      "message=",
      "board=",
      "version=",
      "name=",
      "__proto__=",
      " ",
      "=",
      "1",
      "x",
      hash,
    );
    fastCheck.assert(
      fastCheck.property(
        fastCheck.array(fastCheck.oneof(part, fastCheck.string({ maxLength: 3 })), { maxLength: 8 }),
        (parts) => {
          try {
            parseConsoleLine(`holdfast ${parts.join("")}`);
          } catch (error) {
            expect(error).toBeInstanceOf(ConsoleProtocolError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
