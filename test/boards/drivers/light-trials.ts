/** GPIO on the board that has it: an output reads back what it drives, an input calls back through the interrupt controller. */
import { deviceInterrupt, openDevice } from "../../../hal/boards/board-config.ts";
import { GICv2 } from "../../../hal/drivers/gicv2/gicv2.ts";
import { PL061, PL061Digital } from "../../../hal/drivers/pl061/pl061.ts";
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import { expectRefusal, expectSame, type Trials } from "./trial.ts";

/** The light's pin and PL061 registers (ARM DDI 0190, table 3-1). */
const LIGHT = 1 << 0;
const DIRECTION = 0x400;
const DATA_OF_LIGHT = LIGHT << 2;
/** A free pin. */
const PIN = 2;

/** The tests; none on a board without a light. */
export function lightTrials({ openLight }: BoardDevices): Trials {
  if (openLight === undefined) return [];

  function isDriven(): undefined {
    const registers = openDevice("gpio");
    const light = openLight?.({ initialValue: 1 });
    if (light === undefined) throw new Error("expected a light, found none");
    expectSame(registers.read32(DIRECTION) & LIGHT, LIGHT, "direction");
    expectSame(light.read(), 1, "initial value");
    for (const value of [0, 1, 1, 0] as const) {
      light.write(value);
      expectSame(light.read(), value, "value read");
      expectSame(registers.read32(DATA_OF_LIGHT), value * LIGHT, "data register");
    }
    expectRefusal(RangeError, "write of 2", () => light.write(2 as 0));
    light.close();
    light.close();
    expectSame(registers.read32(DIRECTION) & LIGHT, 0, "direction after close");
    expectRefusal("closed", "write after close", () => light.write(1));
    openLight?.({ initialValue: 0 }).close();
    return undefined;
  }

  return [["light-is-driven", isDriven]];
}

/**
 * Takes the interrupt controller from the board for good, so it comes last. No monitor command moves an input of this machine, but its
 * model sees an edge when a pin that drove a level becomes an input.
 */
export function pinInterruptTrials({ openLight }: BoardDevices): Trials {
  if (openLight === undefined) return [];

  function callsBack(): undefined {
    const registers = openDevice("gpio");
    const interrupts = new GICv2({
      distributor: openDevice("interrupt-distributor"),
      cpuInterface: openDevice("interrupt-cpu-interface"),
    });
    const io = new PL061({ registers, interrupt: interrupts.line(deviceInterrupt("gpio")) });
    const levels: number[] = [];
    const pin = new PL061Digital({
      io,
      pin: PIN,
      mode: PL061Digital.Input,
      edge: PL061Digital.Rising,
      onReadable() {
        levels.push(this.read());
      },
    });
    const move = (level: 0 | 1): void => {
      registers.write32(DIRECTION, registers.read32(DIRECTION) | (1 << PIN));
      registers.write32(4 << PIN, level << PIN);
      registers.write32(DIRECTION, registers.read32(DIRECTION) & ~(1 << PIN) & 0xff);
      interrupts.dispatch();
    };
    for (const level of [1, 0, 1, 1] as const) move(level);
    expectSame(levels.join(" "), "1 1", "levels seen after rising edges");
    expectSame(interrupts.spurious, 0, "spurious interrupts");
    pin.close();
    for (const level of [0, 1] as const) move(level);
    expectSame(levels.length, 2, "callbacks after close");
    io.close();
    interrupts.close();
    return undefined;
  }

  return [["pin-edges-call-back", callsBack]];
}
