import { describe, expect, it } from "vitest";
import { decodePackets, encodePacket } from "./gdb-connection.ts";

describe("GDB's packets", () => {
  it("end with the sum of their characters modulo 256", () => {
    expect(encodePacket("OK")).toBe("$OK#9a");
    expect(encodePacket("")).toBe("$#00");
  });

  it("come out whole, without acknowledgements, and the rest waits", () => {
    expect(decodePackets("+$OK#9a+$T05thread:01;#07$par")).toEqual({ packets: ["OK", "T05thread:01;"], rest: "$par" });
    expect(decodePackets("$OK#9")).toEqual({ packets: [], rest: "$OK#9" });
  });
});
