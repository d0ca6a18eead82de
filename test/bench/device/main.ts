/** The benchmark program's first module: measures by counting instructions, prints lines, then waits for the host's probe. */

import { createMachine, deleteMachine, machineRam, mark, nothing } from "native:bench";
import { write } from "native:console";
import { instructions } from "native:cpu";
import { onTurn } from "native:events";
import { collect } from "native:machine";
import { call } from "native:root";
import { openBoard } from "board";
import { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";
import { openDevice } from "../../../hal/boards/board-config.ts";
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import { allocation, awaitTurn, bytes, functionCall, loop, privateField, stringify } from "./language.ts";
import { measuredCalls } from "./root-calls.ts";

/** Turns of each loop; host-tools/bench/device-benchmarks.ts divides by it. */
const TURNS = 1000;
const TIMER_MILLISECONDS = 10;

function print(name: string, value: number, unit: string): void {
  write(`bench ${name} ${value} ${unit}\r\n`);
}

function measure(name: string, run: (turns: number) => unknown): void {
  collect();
  const start = instructions();
  run(TURNS);
  print(name, instructions() - start, `instructions/${TURNS}`);
}

function nativeCall(turns: number): void {
  for (let turn = 0; turn < turns; turn++) nothing(turn);
}

/** Data register of the real-time clock: one that can be read at any time on either board. */
function registerRead(turns: number): number {
  const registers = openDevice("rtc");
  let last = 0;
  for (let turn = 0; turn < turns; turn++) last = registers.read32(0);
  return last;
}

function measureMachines(): void {
  for (const [name, smallest] of [
    ["machine-smallest", true],
    ["machine-runtime", false],
  ] as const) {
    print(`${name}-create`, createMachine(smallest), "instructions");
    print(`${name}-ram`, machineRam(), "bytes");
    print(`${name}-delete`, deleteMachine(), "instructions");
  }
}

async function measureAwait(): Promise<void> {
  collect();
  const start = instructions();
  await awaitTurn(TURNS);
  print("await-turn", instructions() - start, `instructions/${TURNS}`);
}

/** The probe counts from one call of `instructions` to the next, and stops at the last call of `nothing`. */
function measureCalls(): void {
  collect();
  for (const [name, action, prepare] of measuredCalls(new RootOfTrust(call))) {
    prepare?.();
    instructions();
    action();
    instructions();
    write(`bench call ${name}\r\n`);
  }
  nothing(0);
}

/** What the probe times: from the end of a wait for interrupt to the call of `mark`. The serial port comes after the timer, calls after it. */
function waitForProbe(board: BoardDevices): void {
  board.timer.schedule(() => {
    mark();
    board.openSerial({
      baud: 115_200,
      onReadable() {
        mark();
        this.read();
        measureCalls();
      },
    });
    write("bench done\r\n");
  }, TIMER_MILLISECONDS);
}

/** Called once by C. */
export default function main(): void {
  const board = openBoard({ fillRandom: () => undefined });
  onTurn(() => board.loop.turn());
  const start = instructions();
  print("count", instructions() - start, "instructions");
  measure("empty-run", () => undefined);
  measure("loop", loop);
  measure("function-call", functionCall);
  measure("private-field", privateField);
  measure("bytes", bytes);
  measure("allocation", allocation);
  measure("stringify", stringify);
  measure("native-call", nativeCall);
  measure("register-read", registerRead);
  measureMachines();
  measureAwait().then(() => waitForProbe(board));
}
