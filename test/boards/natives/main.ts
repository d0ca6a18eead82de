/** The test runtime: calls native functions the right way and the wrong ways, and prints one line a test. */

import { write } from "native:console";
import {
  handOver,
  instructions,
  launch,
  powerOff,
  setWallClock,
  timerArm,
  timerCount,
  timerFrequency,
} from "native:cpu";
import { sha256, sha256Region, verifyP256 } from "native:crypto";
import { onTurn } from "native:events";
import { address, allocate, byteLength, loadImage, read } from "native:memory";
import { open, read8, read16, read32, write8, write16, write32 } from "native:registers";
import config from "mc/config";

const WINDOW = Object.freeze({ read8, read16, read32, write8, write16, write32 });
const SHARED = Object.freeze({ ...WINDOW, address, byteLength });
const SERIAL = config.board.devices.serial;
const STORAGE = config.board.partitions.storage;
const SLOT = config.board.partitions["runtime-a"];
/** Registers that only C may use: the power switch of one board and the other's. */
const POWER_SWITCHES = Object.freeze([0x090b_0000, 0x0010_0000]);
const POWER_LENGTH = 0x1000;
const DMA_ALIGNMENT = 4096;
const MORE_THAN_ALL_DMA = 0x4000_0000;
const ABC = Object.freeze([0x61, 0x62, 0x63]);
const ABC_DIGEST = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SOME_TIME = 1_785_542_400_000;

function report(name: string, passed: boolean, detail: string): void {
  write(`test ${passed ? "pass" : "fail"} ${name}${detail === "" ? "" : ` ${detail}`}\r\n`);
}

/** Passes when `call` throws that kind of error with a message that says what was expected and found. */
function refuses(name: string, kind: "RangeError" | "TypeError" | "Error", call: () => unknown): void {
  try {
    const result = call();
    report(name, false, `returned ${String(result)}`);
  } catch (error) {
    const { name: found, message } = error as Error;
    report(name, found === kind && message.includes("expected") && message.includes("found"), `${found}: ${message}`);
  }
}

function checks(name: string, call: () => string): void {
  try {
    const problem = call();
    report(name, problem === "", problem);
  } catch (error) {
    report(name, false, String(error));
  }
}

function hexOf(buffer: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += (byte + 0x100).toString(16).slice(1);
  return text;
}

/** Called once by C. */
export default function main(): void {
  if (SERIAL === undefined || STORAGE === undefined || SLOT === undefined) {
    report("the-board-has-what-the-test-needs", false, "");
    return;
  }
  testRegisters(SERIAL.base, SERIAL.byteLength);
  testSharedMemory();
  testReading(STORAGE.base, STORAGE.byteLength, SLOT.base);
  testCrypto(STORAGE.base);
  testProcessor();
  write("test done\r\n");
  powerOff(0);
}

function testRegisters(base: number, length: number): void {
  const window = open(WINDOW, base, length);
  checks("a-window-reads-8-bits", () => (window.read8(5) <= 255 ? "" : "more than 8 bits"));
  refuses("open-refuses-RAM", "RangeError", () => open(WINDOW, 0x8001_0000, 4096));
  refuses("open-refuses-part-of-a-device", "RangeError", () => open(WINDOW, base, length / 2));
  refuses("open-refuses-more-than-a-device", "RangeError", () => open(WINDOW, base, length + 4));
  refuses("open-refuses-the-power-switch", "RangeError", () => {
    for (const power of POWER_SWITCHES)
      try {
        return open(WINDOW, power, POWER_LENGTH);
      } catch (error) {
        if (power === POWER_SWITCHES[POWER_SWITCHES.length - 1]) throw error;
      }
    return "nothing";
  });
  refuses("open-refuses-text", "TypeError", () => open(WINDOW, String(base) as unknown as number, length));
  refuses("open-refuses-no-prototype", "TypeError", () => open(undefined as unknown as object, base, length));
  refuses("open-refuses-nothing", "TypeError", () => (open as () => unknown)());
  refuses("an-offset-outside", "RangeError", () => window.read8(length));
  refuses("an-offset-half-outside", "RangeError", () => window.read32(length - 2));
  refuses("an-offset-misaligned", "RangeError", () => window.read32(2));
  refuses("an-offset-below-0", "RangeError", () => window.read8(-1));
  refuses("an-offset-beyond-32-bits", "RangeError", () => window.read8(2 ** 32));
  refuses("an-offset-with-a-fraction", "RangeError", () => window.read8(0.5));
  refuses("an-offset-that-is-no-number", "RangeError", () => window.read8(Number.NaN));
  refuses("an-offset-left-out", "TypeError", () => (window.read8 as () => number)());
  refuses("a-value-too-large", "RangeError", () => window.write8(0, 256));
  refuses("a-value-below-0", "RangeError", () => window.write32(0, -1));
  refuses("a-value-left-out", "TypeError", () => (window.write8 as (offset: number) => void)(0));
  refuses("another-this", "TypeError", () => read8.call({}, 0));
  refuses("an-heir-of-a-window", "TypeError", () => read8.call(Object.create(window) as object, 0));
  refuses("a-primitive-this", "TypeError", () => read8.call(1 as unknown as object, 0));
}

function testSharedMemory(): void {
  const first = allocate(SHARED, 6);
  const second = allocate(SHARED, 4);
  checks("shared-memory-starts-zeroed-and-aligned", () => {
    if (first.address() % DMA_ALIGNMENT !== 0 || first.address() === second.address()) return "bad address";
    if (first.byteLength() !== 8) return `length ${first.byteLength()}`;
    return first.read32(0) === 0 && first.read32(4) === 0 ? "" : "not zeroed";
  });
  checks("shared-memory-keeps-what-is-written", () => {
    first.write32(0, 0xfedc_ba98);
    first.write16(4, 0x1234);
    first.write8(6, 0x56);
    if (first.read32(0) !== 0xfedc_ba98) return `32 bits ${first.read32(0)}`;
    if (first.read8(3) !== 0xfe || first.read16(0) !== 0xba98) return "not little-endian";
    return first.read16(4) === 0x1234 && first.read8(6) === 0x56 ? "" : "narrow writes lost";
  });
  refuses("shared-memory-ends", "RangeError", () => first.read8(8));
  refuses("shared-memory-runs-out", "RangeError", () => allocate(SHARED, MORE_THAN_ALL_DMA));
  refuses("shared-memory-of-no-bytes", "RangeError", () => allocate(SHARED, 0));
  refuses("registers-have-no-address", "TypeError", () => {
    const { base, byteLength: length } = SERIAL ?? { base: 0, byteLength: 0 };
    return address.call(open(WINDOW, base, length));
  });
}

function testReading(storage: number, storageLength: number, slot: number): void {
  checks("storage-can-be-read", () => (read(storage + 1, 7).byteLength === 7 ? "" : "wrong length"));
  refuses("reading-stops-at-the-end", "RangeError", () => read(storage + storageLength - 4, 8));
  refuses("reading-refuses-RAM", "RangeError", () => read(0x8002_0000, 4));
  refuses("reading-refuses-0", "RangeError", () => read(0, 4));
  refuses("reading-refuses-what-wraps", "RangeError", () => read(0xffff_fff0, 0x20));
  refuses("a-runtime-cannot-read-slots", "RangeError", () => read(slot, 4));
  refuses("a-runtime-cannot-load-images", "TypeError", () => loadImage(storage, 4));
}

function testCrypto(storage: number): void {
  const digest = new Uint8Array(32);
  checks("sha256-of-abc", () => {
    const found = hexOf(sha256(Uint8Array.from(ABC)));
    return found === ABC_DIGEST ? "" : found;
  });
  checks("sha256-of-nothing", () => (hexOf(sha256(new ArrayBuffer(0))).startsWith("e3b0c442") ? "" : "wrong digest"));
  checks("sha256-of-memory-is-that-of-its-copy", () =>
    hexOf(sha256Region(storage + 5, 1031)) === hexOf(sha256(read(storage + 5, 1031))) ? "" : "they differ",
  );
  refuses("sha256-of-other-memory", "RangeError", () => sha256Region(0x8002_0000, 4));
  refuses("sha256-of-text", "TypeError", () => sha256("abc" as unknown as ArrayBuffer));
  checks("a-key-off-the-curve-verifies-nothing", () => {
    const key = new Uint8Array(65);
    key[0] = 4;
    return verifyP256(key, digest, new Uint8Array(64)) ? "verified" : "";
  });
  refuses("a-short-key", "RangeError", () => verifyP256(new Uint8Array(64), digest, new Uint8Array(64)));
  refuses("a-short-digest", "RangeError", () => verifyP256(new Uint8Array(65), new Uint8Array(31), new Uint8Array(64)));
  refuses("a-long-signature", "RangeError", () => verifyP256(new Uint8Array(65), digest, new Uint8Array(65)));
}

function testProcessor(): void {
  checks("instructions-and-ticks-go-up", () => {
    const [before, ticks] = [instructions(), timerCount()];
    for (let turn = 0; turn < 100; turn++) sha256(new ArrayBuffer(0));
    if (timerFrequency() <= 0) return "no frequency";
    return instructions() > before && timerCount() > ticks ? "" : "standing still";
  });
  checks("the-wall-clock-can-be-set", () => {
    setWallClock(SOME_TIME);
    const now = Date.now();
    return now >= SOME_TIME && now < SOME_TIME + 1000 ? "" : `now=${now}`;
  });
  checks("the-boot-stage-handed-over", () => (handOver() instanceof ArrayBuffer ? "" : "nothing"));
  refuses("a-runtime-cannot-launch", "RangeError", () => launch(0x4010_1000, 0x1000, new ArrayBuffer(0)));
  refuses("a-time-with-a-fraction", "RangeError", () => timerArm(1.5));
  refuses("an-exit-code-too-large", "RangeError", () => powerOff(256));
  refuses("a-turn-that-is-no-function", "TypeError", () => onTurn({} as unknown as () => boolean));
  onTurn(() => false);
  refuses("a-second-turn", "Error", () => onTurn(() => false));
  refuses("printing-a-number", "TypeError", () => write(1 as unknown as string));
}
