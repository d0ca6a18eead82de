/** The test runtime: every driver of the board on its emulated hardware. What it runs depends on what the flash says of the boot. */
import { write } from "native:console";
import { powerOff } from "native:cpu";
import { onTurn } from "native:events";
import { call } from "native:root";
import { openBoard } from "board";
import { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import { CRYPTO_TRIALS } from "./crypto-trials.ts";
import { flashRecoveryTrials } from "./flash-recovery-trials.ts";
import { flashTrials, isSecondBoot, keptFlashTrials } from "./flash-trials.ts";
import { lightTrials, pinInterruptTrials } from "./light-trials.ts";
import { MEMORY_TRIALS } from "./memory-trials.ts";
import { randomTrials } from "./random-trials.ts";
import { REGISTER_TRIALS } from "./registers-trials.ts";
import { rtcTrials, timeOf } from "./rtc-trials.ts";
import { serialTrials } from "./serial-trials.ts";
import { timerTrials } from "./timer-trials.ts";
import { expectSame, runTrials, type Trials } from "./trial.ts";
import { Turns } from "./turns.ts";

/** The emulator counts instructions, and has a random source. */
function firstBoot(board: BoardDevices, turns: Turns): Trials {
  return [
    ...REGISTER_TRIALS,
    ...MEMORY_TRIALS,
    ...CRYPTO_TRIALS,
    ...timerTrials(board, turns),
    ...rtcTrials(board, turns),
    ...lightTrials(board),
    ...randomTrials(board),
    ...flashTrials(board),
    ...flashRecoveryTrials(board),
  ];
}

/** The emulator runs in real time, on the flash that the first boot left. */
function secondBoot(board: BoardDevices, turns: Turns): Trials {
  const timeTrial = (): string => {
    const rtc = board.openRtc({});
    const time = timeOf(rtc);
    rtc.close();
    return String(time);
  };
  return [...keptFlashTrials(board), ["rtc-follows-the-host", timeTrial], ...serialTrials(board, turns)];
}

async function run(board: BoardDevices, turns: Turns): Promise<void> {
  const second = isSecondBoot(board);
  await runTrials(second ? secondBoot(board, turns) : firstBoot(board, turns));
  await runTrials([
    [
      "no-spurious-interrupts",
      () => {
        expectSame(board.spuriousInterrupts, 0, "spurious interrupts");
        expectSame(turns.takeErrors().length, 0, "errors of callbacks");
        return undefined;
      },
    ],
  ]);
  if (!second) await runTrials(pinInterruptTrials(board));
  write("test done\r\n");
  powerOff(0);
}

/** Called once by C. */
export default function main(): void {
  const root = new RootOfTrust(call);
  const board = openBoard({ fillRandom: (destination) => root.random(destination) });
  const turns = new Turns(board);
  onTurn(() => turns.turn());
  run(board, turns);
}
