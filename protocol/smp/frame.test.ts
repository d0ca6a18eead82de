import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc16, FrameReader, MESSAGE_BYTE_LIMIT, PACKET_BYTE_LIMIT, writeFrames } from "./frame.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const FIRST = "\x06\x09";
const NEXT = "\x04\x14";

function framesOf(message: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  writeFrames(message, (line) => lines.push(line));
  return lines;
}

/** The messages that a reader finds in a stream. */
function found(stream: string | Uint8Array): string[] {
  const reader = new FrameReader();
  const messages: string[] = [];
  for (const byte of typeof stream === "string" ? ascii(stream) : stream) {
    const message = reader.push(byte);
    if (message !== undefined) messages.push(Buffer.from(message).toString("latin1"));
  }
  return messages;
}

/** A packet as the reader gets it, whatever its length field and CRC say. */
function line(packet: Uint8Array, marker = FIRST): string {
  return `${marker}${Buffer.from(packet).toString("base64")}\n`;
}

describe("CRC-16/XMODEM", () => {
  it("has the check value of its catalogue", () => {
    expect(crc16(ascii("123456789"))).toBe(0x31c3);
    expect(crc16(new Uint8Array(0))).toBe(0);
  });
});

describe("frames", () => {
  it("are those of mcumgr", () => {
    expect(framesOf(ascii("Hello, world!")).map((each) => Buffer.from(each).toString("latin1"))).toEqual([
      `${FIRST}AA9IZWxsbywgd29ybGQhet4=\n`,
    ]);
  });

  it("may be as short as a sender likes", () => {
    const parts = ["AA9I", "ZWxs", "bywg", "d29y", "bGQh", "et4="];
    const stream = parts.map((part, index) => `${index === 0 ? FIRST : NEXT}${part}\n`).join("console text\n");
    expect(found(stream)).toEqual(["Hello, world!"]);
  });

  it("come back whole, of lines of 127 bytes at most, between any other text", () => {
    const text = fc.string({ unit: "grapheme-ascii" }).map((each) => ascii(`${each}\n`));
    const message = fc.uint8Array({ minLength: 1, maxLength: MESSAGE_BYTE_LIMIT });
    fc.assert(
      fc.property(message, text, (bytes, noise) => {
        const lines = framesOf(bytes);
        for (const each of lines) expect(each.length).toBeLessThanOrEqual(127);
        const stream = Buffer.concat([noise, ...lines.flatMap((each) => [each, noise])]);
        expect(found(stream)).toEqual([Buffer.from(bytes).toString("latin1")]);
      }),
    );
  });

  it("hold a message of the announced size and none that is longer", () => {
    const most = new Uint8Array(MESSAGE_BYTE_LIMIT).fill(7);
    expect(found(Buffer.concat(framesOf(most)))).toHaveLength(1);
    expect(found(Buffer.concat(framesOf(new Uint8Array(MESSAGE_BYTE_LIMIT + 1))))).toEqual([]);
  });

  const good = Buffer.concat(framesOf(ascii("good")));
  const packet = Uint8Array.of(0, 6, ...ascii("good"), crc16(ascii("good")) >> 8, crc16(ascii("good")) & 0xff);
  const changed = (index: number, value: number): Uint8Array => packet.map((byte, at) => (at === index ? value : byte));
  const HOSTILE: readonly (readonly [string, string])[] = [
    ["a length of 64 KiB", line(changed(0, 0xff))],
    ["a length beyond the packet", line(changed(1, 7))],
    ["a length short of the packet", line(changed(1, 5))],
    ["a length of nothing", line(changed(1, 0))],
    ["a wrong CRC", line(changed(7, (packet[7] as number) ^ 1))],
    ["a changed byte", line(changed(3, 0x21))],
    ["no base64", `${FIRST}AAZn*29kOP8=\n`],
    ["padding inside", `${FIRST}AA=Zb29kOP8=\n`],
    ["three pads", `${FIRST}A===\n`],
    ["bits under the padding", `${FIRST}${line(packet).slice(2, -2).replace(/.=$/, "9=")}\n`],
    ["a group that is cut off", `${FIRST}AAZ\n`],
    ["a continuation of nothing", line(packet, NEXT)],
    ["half a marker", "\x06\x06\x04\x09AAAA\n"],
    ["a line without end", `${FIRST}${"A".repeat(100_000)}`],
    ["an empty line", `${FIRST}\n`],
  ];

  it.each(HOSTILE)("with %s are skipped, and the next one is read", (_name, hostile) => {
    expect(found(hostile)).toEqual([]);
    expect(found(Buffer.concat([ascii(hostile), good]))).toEqual(["good"]);
  });

  it("never come out of noise, throw on none, and are read behind it", () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(6, 9, 4, 0x14, 10, 0x3d),
      fc.integer({ min: 0x41, max: 0x5a }),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 600 }), (bytes) => {
        const stream = Buffer.concat([Uint8Array.from(bytes), ascii("\n"), good]);
        expect(found(stream).at(-1)).toBe("good");
      }),
    );
  });

  it("are refused with any byte changed, or are another base64 of nothing", () => {
    const [only] = framesOf(ascii("one packet of some length, in one line")) as [Uint8Array];
    for (let at = 2; at < only.length - 1; at += 1) {
      for (let flip = 1; flip < 256; flip += 1) {
        const stream = only.map((byte, index) => (index === at ? byte ^ flip : byte));
        expect(found(stream), `byte ${at} ^ ${flip}`).toEqual([]);
      }
    }
  });

  it("are not held beyond the limit of their reader", () => {
    const message = new Uint8Array(64).fill(0x55);
    const stream = Buffer.concat(framesOf(message));
    const reader = new FrameReader(68);
    expect([...stream].map((each) => reader.push(each)).filter((each) => each !== undefined)).toHaveLength(1);
    const small = new FrameReader(67);
    expect([...stream].map((each) => small.push(each)).filter((each) => each !== undefined)).toHaveLength(0);
    expect(PACKET_BYTE_LIMIT - MESSAGE_BYTE_LIMIT).toBe(4);
  });
});
