/** Tests of the sample app with a simulated board. */
import { describe, expect, it } from "vitest";
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import type { Digital } from "../../../hal/interfaces/digital.ts";
import type { Serial, SerialOptions } from "../../../hal/interfaces/serial.ts";
import start from "./thermometer.ts";

/** Starts the app on a board whose devices this test plays. */
function startApp({ light = true } = {}) {
  const levels: number[] = [];
  const repeats: { callback: () => void; milliseconds: number }[] = [];
  const incoming: number[] = [];
  let options: SerialOptions | undefined;
  let written = "";
  const serial = {
    read: () => incoming.shift(),
    write: (byte: number) => {
      written += String.fromCharCode(byte);
    },
  };
  const name = start({
    openTemperature: () => ({ sample: () => ({ temperature: 21.456 }), close: () => {} }),
    openLight: light
      ? ({ initialValue }: { initialValue?: number }) => {
          levels.push(initialValue ?? -1);
          return { write: (level: number) => levels.push(level) } as unknown as Digital;
        }
      : undefined,
    openSerial: (given: SerialOptions) => {
      options = given;
      return serial as unknown as Serial;
    },
    timer: { repeat: (callback: () => void, milliseconds: number) => repeats.push({ callback, milliseconds }) },
  } as unknown as BoardDevices);
  return {
    name,
    levels,
    repeats,
    tick: () => {
      for (const { callback } of repeats) callback();
    },
    send: (text: string) => {
      written = "";
      incoming.push(...Buffer.from(text));
      options?.onReadable?.call(serial as unknown as Serial, incoming.length);
      return written;
    },
  };
}

describe("the thermometer app", () => {
  it("says its name and blinks twice a second, dark at first", () => {
    const { name, repeats, levels, tick } = startApp();
    expect(name).toBe("thermometer");
    expect(repeats.map(({ milliseconds }) => milliseconds)).toEqual([500]);
    for (let count = 0; count < 3; count++) tick();
    expect(levels).toEqual([0, 1, 0, 1]);
  });

  it("answers each command with one line", () => {
    const { send, tick } = startApp();
    expect(send("temperature\n")).toBe("temperature 21.46 C\r\n");
    expect(send("blinks\r")).toBe("blinks 0\r\n");
    tick();
    expect(send("blinks\r\n")).toBe("blinks 1\r\n");
    expect(send("help\n")).toBe("commands: temperature, blinks, crash\r\n");
    expect(send("\r\n")).toBe("");
  });

  it("takes a command in pieces and several at once", () => {
    const { send } = startApp();
    expect(send("temper")).toBe("");
    expect(send("ature\nblinks\n")).toBe("temperature 21.46 C\r\nblinks 0\r\n");
  });

  it("counts on a board without a light", () => {
    const { send, tick, levels } = startApp({ light: false });
    tick();
    expect(send("blinks\n")).toBe("blinks 1\r\n");
    expect(levels).toEqual([]);
  });

  it("crashes when asked to", () => {
    expect(() => startApp().send("crash\n")).toThrow(new RangeError("asked to crash on the serial port"));
  });
});
