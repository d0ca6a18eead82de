import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCbor } from "../cbor/encode.ts";
import { CborError } from "../cbor/errors.ts";
import { ROOT_CALLS } from "./calls.ts";
import { decodeRootState, encodeRootState, type RootState } from "./state.ts";

const SLOT = fc.record({
  class: fc.constantFrom("erasing", "empty", "damaged", "stored", "test", "confirmed", "spare" as const),
  version: fc.constantFrom("", "1.2.3+4", "255.255.65535+4294967295"),
  erases: fc.nat(),
});
const IMAGE = fc.record({
  securityCounter: fc.nat(),
  keyEpoch: fc.nat(),
  selected: fc.constantFrom("a", "b", undefined),
  running: fc.option(
    fc.record({
      slot: fc.constantFrom("a", "b"),
      kind: fc.constantFrom("test", "confirmed", "spare"),
      isConfirmed: fc.boolean(),
    }),
    { nil: undefined },
  ),
  a: SLOT,
  b: SLOT,
});
const STATES = fc.record({
  lifecycle: fc.constantFrom("blank", "provisioned", "secured", "decommissioned"),
  isDebug: fc.boolean(),
  bootCount: fc.nat(),
  resetReason: fc.constantFrom("power-on", "watchdog"),
  uptime: fc.nat(),
  images: fc.array(IMAGE, { minLength: 2, maxLength: 2 }),
}) as fc.Arbitrary<RootState>;

describe("the state of a root of trust", () => {
  it("comes back from bytes that fit a reply", () => {
    fc.assert(
      fc.property(STATES, (state) => {
        const bytes = encodeRootState(state);
        expect(bytes.length).toBeLessThanOrEqual(ROOT_CALLS.state.reply.state.most);
        expect(decodeRootState(bytes)).toEqual(state);
      }),
    );
  });

  it("is read from nothing else: a changed byte is another state, or refused by a known error", () => {
    fc.assert(
      fc.property(STATES, fc.nat(), fc.integer({ min: 1, max: 255 }), (state, at, change) => {
        const bytes = encodeRootState(state);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] as number) ^ change;
        try {
          expect(encodeRootState(decodeRootState(bytes))).toEqual(bytes);
        } catch (error) {
          if (!(error instanceof CborError || error instanceof RangeError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["no array", encodeCbor(7)],
    ["too few items", encodeCbor([0, false, 1, "power-on", 5])],
    ["a lifecycle that there is not", encodeCbor([4, false, 1, "power-on", 5, []])],
    ["a negative count", encodeCbor([0, false, -1, "power-on", 5, []])],
    ["a slot as text", encodeCbor([0, false, 1, "power-on", 5, [[0, 0, "a", null, [], []]]])],
  ])("is refused as %s", (_name, bytes) => {
    expect(() => decodeRootState(bytes)).toThrow(RangeError);
  });
});
