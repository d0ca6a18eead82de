/** The few numbers that people ask for first, and that a test compares. */
import type { ImageRole } from "../build/board.ts";
import type { Verification } from "./boot-profile.ts";
import type { ImageMemory } from "./image-memory.ts";
import type { BoardMeasurements } from "./measure.ts";

/** One number of a board. */
export interface Headline {
  readonly name: string;
  readonly value: number;
  readonly unit: "bytes" | "instructions" | "%";
  /** What the project wants it to be at most. */
  readonly goal?: number;
}

/** In the order of the page's first table; names are stable. */
export function headlines(measurements: BoardMeasurements): readonly Headline[] {
  const { images, boot, firstBoot, largest, device, rootCalls, positions } = measurements;
  const phase = (stage: string, name: string) =>
    largest.phases.find((each) => each.stage === stage && each.name.startsWith(name))?.instructions ?? 0;
  const ram = (role: ImageRole) => ramOf(boot.memory[role]);
  return [
    { name: "flash of the boot ROM", value: images.rom.flash, unit: "bytes" },
    { name: "flash of the root of trust", value: images.root.flash, unit: "bytes", goal: 340 * 1024 },
    { name: "flash of the runtime with the sample app", value: images.runtime.flash, unit: "bytes" },
    { name: "RAM of the boot ROM at its end: stack, data, machine", value: ram("rom"), unit: "bytes" },
    {
      name: "RAM of the root of trust, all calls made: stack, data, machine",
      value: ramOf(rootCalls.memory),
      unit: "bytes",
      goal: 64 * 1024,
    },
    { name: "RAM of the runtime, app asleep: stack, data, machine", value: ram("runtime"), unit: "bytes" },
    { name: "RAM of that: the XS machine", value: boot.memory.runtime.machine.arenaUsed, unit: "bytes" },
    { name: "RAM of the smallest machine, idle", value: device.machines.smallest.ram, unit: "bytes" },
    { name: "first boot, to the app's first line", value: firstBoot.appLine, unit: "instructions" },
    { name: "later boots, to the app's first line", value: boot.appLine, unit: "instructions" },
    { name: "largest runtime: boot ROM", value: largest.stages.rom, unit: "instructions" },
    { name: "largest runtime: root of trust", value: largest.stages.root, unit: "instructions" },
    { name: "largest runtime: runtime to the app's first line", value: largest.stages.runtime, unit: "instructions" },
    { name: "largest runtime: SHA-256", value: phase("root", "SHA-256"), unit: "instructions" },
    { name: "largest runtime: ECDSA P-256", value: phase("root", "ECDSA"), unit: "instructions" },
    {
      name: "largest runtime: verification by the boot policy",
      value: largest.verifications.root.policy,
      unit: "instructions",
    },
    {
      name: "largest runtime: what the policy adds to hash and signature",
      value: Math.round(1000 * overhead(largest.verifications.root)) / 10,
      unit: "%",
      goal: 25,
    },
    { name: "root-of-trust call: attest", value: rootCalls.calls.attest, unit: "instructions" },
    { name: "root-of-trust call: signOperational", value: rootCalls.calls.signOperational, unit: "instructions" },
    { name: "root-of-trust call: seal", value: rootCalls.calls.seal, unit: "instructions" },
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

function ramOf({ stackReserved, dataAndBss, machine }: ImageMemory): number {
  return stackReserved + dataAndBss + machine.arenaUsed;
}

/** What a verification takes more than its native parts, as a share of those. */
export function overhead({ policy, bare }: Verification): number {
  return policy / bare - 1;
}
