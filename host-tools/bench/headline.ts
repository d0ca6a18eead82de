/** The few numbers that people ask for first, and that a test compares. */
import type { BoardMeasurements } from "./measure.ts";

/** One number of a board. */
export interface Headline {
  readonly name: string;
  readonly value: number;
  readonly unit: "bytes" | "instructions" | "objects";
}

/** In the order of the page's first table; names are stable. */
export function headlines({ images, boot, device, positions }: BoardMeasurements): readonly Headline[] {
  const phase = (stage: string, name: string) =>
    boot.phases.find((each) => each.stage === stage && each.name.startsWith(name))?.instructions ?? 0;
  const ram = (role: "boot" | "runtime") => {
    const { stackReserved, dataAndBss, machine } = boot.memory[role];
    return stackReserved + dataAndBss + machine.arenaUsed;
  };
  return [
    { name: "flash of the boot stage", value: images.boot.flash, unit: "bytes" },
    { name: "flash of the runtime with the sample app", value: images.runtime.flash, unit: "bytes" },
    { name: "RAM of the boot stage at its end: stack, data, machine", value: ram("boot"), unit: "bytes" },
    { name: "RAM of the runtime, app asleep: stack, data, machine", value: ram("runtime"), unit: "bytes" },
    { name: "RAM of that: the XS machine", value: boot.memory.runtime.machine.arenaUsed, unit: "bytes" },
    { name: "RAM of the smallest machine, idle", value: device.machines.smallest.ram, unit: "bytes" },
    { name: "reset to the app's first line", value: boot.appLine, unit: "instructions" },
    { name: "of that: SHA-256 of the image", value: phase("boot", "SHA-256"), unit: "instructions" },
    { name: "of that: ECDSA P-256", value: phase("boot", "ECDSA"), unit: "instructions" },
    { name: "of that: boot decision in TypeScript", value: phase("boot", "TypeScript"), unit: "instructions" },
    { name: "smallest machine: create", value: device.machines.smallest.create, unit: "instructions" },
    { name: "smallest machine: delete", value: device.machines.smallest.remove, unit: "instructions" },
    { name: "`JSON.stringify` of 35 characters", value: device.loops.stringify, unit: "instructions" },
    { name: "new object of two properties", value: device.loops.allocation, unit: "instructions" },
    { name: "`await`", value: device.loops["await-turn"], unit: "instructions" },
    { name: "timer interrupt to its callback", value: device.interrupts.timer, unit: "instructions" },
    { name: "serial interrupt to `onReadable`", value: device.interrupts.serial, unit: "instructions" },
    {
      name: "byte code for file and line in errors",
      value: positions.withPositions - positions.withoutPositions,
      unit: "bytes",
    },
  ];
}
