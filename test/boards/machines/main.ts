/** The test runtime: runs each trial and prints one line a test. */
import { write } from "native:console";
import { powerOff } from "native:cpu";
import {
  failureText,
  leftBytes,
  marshal,
  memoryLimit,
  peakBytes,
  rounds,
  setStackCount,
  smallestBytes,
  trial,
} from "native:machine-trial";

const KILOBYTE = 1024;
const MEMORY = 80 * KILOBYTE;
const NO_LIMIT = 0;
const RAN = -1;
const OUT_OF_MEMORY = 1;
const STACK_OVERFLOW = 2;
const UNHANDLED_EXCEPTION = 5;
const NO_MORE_KEYS = 6;
const TOO_MUCH_COMPUTATION = 7;
const UNHANDLED_REJECTION = 8;
/** Two of the 16-bit id space's limits end a program that makes names: memory for their texts, or ids. */
const NAME_ENDS: readonly number[] = Object.freeze([OUT_OF_MEMORY, NO_MORE_KEYS]);
const ROUNDS = 10_000;
const ABORT_ROUNDS = 200;
/** Memory in which 65,536 ids run out first: their table twice, while it grows. */
const ALL_IDS = 640 * KILOBYTE;
/** Slots: more JavaScript stack than the C stack can follow. */
const LARGE_STACK = 3_600;
const IDLE_LIMIT = 4 * KILOBYTE;

function report(name: string, passed: boolean, detail: string): void {
  write(`test ${passed ? "pass" : "fail"} ${name}${detail === "" ? "" : ` ${detail}`}\r\n`);
}

function expectStatus(name: string, module: string, wanted: readonly number[], limit = NO_LIMIT): void {
  const status = trial(module, MEMORY, limit);
  const left = leftBytes();
  report(name, wanted.includes(status) && left === 0, `status=${status} left=${left} ${failureText()}`);
}

/** Called once by C. */
export default function main(): void {
  expectStatus("a-program-runs", "child/quiet", [RAN]);
  report("an-idle-machine-takes-4-KB", smallestBytes() <= IDLE_LIMIT, `bytes=${smallestBytes()} peak=${peakBytes()}`);
  expectStatus("out-of-memory-ends-it", "child/hog", [OUT_OF_MEMORY]);
  expectStatus("metering-ends-it", "child/spin", [TOO_MUCH_COMPUTATION], 200_000);
  expectStatus("stack-overflow-ends-it", "child/deep", [STACK_OVERFLOW]);
  setStackCount(LARGE_STACK);
  expectStatus("c-stack-overflow-ends-it", "child/nested", [STACK_OVERFLOW]);
  setStackCount(0);
  expectStatus("names-run-out", "child/names", NAME_ENDS);
  const end = memoryLimit() >= ALL_IDS ? NO_MORE_KEYS : OUT_OF_MEMORY;
  const symbols = trial("child/symbols", memoryLimit(), NO_LIMIT);
  report(
    "ids-run-out-where-memory-does-not",
    symbols === end && leftBytes() === 0,
    `status=${symbols} left=${leftBytes()}`,
  );
  expectStatus("an-exception-is-data", "child/throws", [UNHANDLED_EXCEPTION]);
  const text = failureText().split("\n").join(" ");
  const hasFrames =
    text.includes("inner (test/boards/machines/child/throws.ts:4)") && text.includes("child/throws.ts:9)");
  report("its-frames-name-the-source", hasFrames, text);
  expectStatus("a-rejection-is-data", "child/rejects", [UNHANDLED_REJECTION]);
  expectStatus("the-root-cannot-be-changed", "child/tamper", [RAN]);
  expectStatus("the-next-machine-sees-no-trace", "child/untouched", [RAN]);
  for (const alien of [false, true]) {
    const form = alien ? "alien" : "full";
    const status = marshal("child/message-source", "child/message-target", MEMORY, alien);
    report(
      `messages-cross-${form}`,
      status === RAN && leftBytes() === 0,
      `status=${status} left=${leftBytes()} ${failureText()}`,
    );
  }
  // Machines of one root pass its objects by reference; the form for different roots refuses what it would have to copy.
  const full = marshal("child/shared-source", "child/shared-target", MEMORY, false);
  report("shared-objects-cross-full", full === RAN && leftBytes() === 0, `status=${full} ${failureText()}`);
  const alien = marshal("child/shared-source", "child/shared-target", MEMORY, true);
  const refused = alien === UNHANDLED_EXCEPTION && failureText().includes("read only object");
  report("shared-objects-are-refused-alien", refused && leftBytes() === 0, `status=${alien} ${failureText()}`);
  report("small-memory-is-refused", trial("child/quiet", 2 * KILOBYTE, NO_LIMIT) === OUT_OF_MEMORY, "");
  for (const module of ["child/hog", "child/deep", "child/throws", "child/rejects"]) {
    const bad = rounds(ABORT_ROUNDS, module, MEMORY, NO_LIMIT);
    report(`${module.split("/")[1]}-leaves-nothing-${ABORT_ROUNDS}-times`, bad === 0, `bad=${bad}`);
  }
  const spun = rounds(ABORT_ROUNDS, "child/spin", MEMORY, 2_000);
  report(`spin-leaves-nothing-${ABORT_ROUNDS}-times`, spun === 0, `bad=${spun}`);
  const bad = rounds(ROUNDS, "child/quiet", MEMORY, NO_LIMIT);
  report(`create-run-delete-${ROUNDS}-times`, bad === 0, `bad=${bad}`);
  write("test done\r\n");
  powerOff(0);
}
