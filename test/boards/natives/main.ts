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
import { aeadOpen, aeadSeal, hmacSha256, hmacSha512, p256PublicKey, p256Sign, sha512, wipe } from "native:signing";
import config from "mc/config";

const WINDOW = Object.freeze({ read8, read16, read32, write8, write16, write32 });
const SHARED = Object.freeze({ ...WINDOW, address, byteLength });
const SERIAL = config.board.devices.serial;
const STORAGE = config.board.partitions.storage;
/** A slot of the root of trust on either board, which a runtime does not even know of. */
const FOREIGN_SLOTS = Object.freeze([0x0008_0000, 0x2200_0000]);
/** Registers that only C may use: the power switch of one board and the other's. */
const POWER_SWITCHES = Object.freeze([0x090b_0000, 0x0010_0000]);
const POWER_LENGTH = 0x1000;
/** Boards whose runtime has memory that bus masters reach; on the others only the ROM has. */
const SHARES_MEMORY = Object.freeze(["virt-a7"]);
const DMA_ALIGNMENT = 4096;
const MORE_THAN_ALL_DMA = 0x4000_0000;
const ABC = Object.freeze([0x61, 0x62, 0x63]);
const ABC_DIGEST = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ABC_DIGEST_512 =
  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
/** RFC 6979, appendix A.2.5: private key, public key, and the signature of SHA-256("sample") with its nonce. */
const PRIVATE_KEY = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const PUBLIC_KEY =
  "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" +
  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
const SAMPLE_DIGEST = "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf";
const NONCE = "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60";
const SIGNATURE =
  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
const GROUP_ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
/** RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?". */
const JEFE = "4a656665";
const WHAT = "7768617420646f2079612077616e74";
const FOR_NOTHING = "20666f72206e6f7468696e673f";
const JEFE_256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
const JEFE_512 =
  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" +
  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
/** RFC 4231, test case 6: a key of 131 bytes 0xaa, which is longer than a block of either hash. */
const LONG_KEY_DATA =
  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374";
const LONG_KEY_256 = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
const LONG_KEY_512 =
  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352" +
  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598";
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

function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

function hexOf(buffer: ArrayBuffer | Uint8Array): string {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += (byte + 0x100).toString(16).slice(1);
  return text;
}

/** Called once by C. */
export default function main(): void {
  if (SERIAL === undefined || STORAGE === undefined) {
    report("the-board-has-what-the-test-needs", false, "");
    return;
  }
  testRegisters(SERIAL.base, SERIAL.byteLength);
  if (SHARES_MEMORY.includes(config.board.name)) testSharedMemory();
  else refuses("no-memory-for-devices", "TypeError", () => allocate(SHARED, 4));
  testReading(STORAGE.base, STORAGE.byteLength);
  testCrypto(STORAGE.base);
  testSigning();
  testSealing();
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

function testReading(storage: number, storageLength: number): void {
  checks("storage-can-be-read", () => (read(storage + 1, 7).byteLength === 7 ? "" : "wrong length"));
  refuses("reading-stops-at-the-end", "RangeError", () => read(storage + storageLength - 4, 8));
  refuses("reading-refuses-RAM", "RangeError", () => read(0x8002_0000, 4));
  refuses("reading-refuses-0", "RangeError", () => read(0, 4));
  refuses("reading-refuses-what-wraps", "RangeError", () => read(0xffff_fff0, 0x20));
  refuses("a-runtime-cannot-read-slots", "RangeError", () => {
    for (const slot of FOREIGN_SLOTS)
      try {
        return read(slot, 4);
      } catch (error) {
        if (slot === FOREIGN_SLOTS[FOREIGN_SLOTS.length - 1]) throw error;
      }
    return "nothing";
  });
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

function testSigning(): void {
  const privateKey = fromHex(PRIVATE_KEY);
  const nonce = fromHex(NONCE);
  const digest = fromHex(SAMPLE_DIGEST);
  const order = fromHex(GROUP_ORDER);
  const zeros = new Uint8Array(32);
  checks("sha512-of-abc", () => {
    const found = hexOf(sha512(Uint8Array.from(ABC)));
    return found === ABC_DIGEST_512 ? "" : found;
  });
  checks("sha512-of-nothing", () => (hexOf(sha512(new ArrayBuffer(0))).startsWith("cf83e1357eefb8bd") ? "" : "wrong"));
  refuses("sha512-of-a-number", "TypeError", () => sha512(1 as unknown as ArrayBuffer));
  checks("hmac-of-parts", () => {
    const parts = [fromHex(WHAT), fromHex(FOR_NOTHING)];
    if (hexOf(hmacSha256(fromHex(JEFE), ...parts)) !== JEFE_256) return hexOf(hmacSha256(fromHex(JEFE), ...parts));
    return hexOf(hmacSha512(fromHex(JEFE), ...parts)) === JEFE_512 ? "" : hexOf(hmacSha512(fromHex(JEFE), ...parts));
  });
  checks("hmac-under-a-long-key", () => {
    const key = new Uint8Array(131).fill(0xaa);
    if (hexOf(hmacSha256(key, fromHex(LONG_KEY_DATA))) !== LONG_KEY_256) return "wrong with SHA-256";
    return hexOf(hmacSha512(key, fromHex(LONG_KEY_DATA))) === LONG_KEY_512 ? "" : "wrong with SHA-512";
  });
  checks("hmac-of-nothing-under-nothing", () =>
    hexOf(hmacSha256(new ArrayBuffer(0))).startsWith("b613679a0814d9ec") ? "" : "wrong",
  );
  refuses("hmac-without-a-key", "TypeError", () => (hmacSha512 as () => ArrayBuffer)());
  refuses("hmac-of-text", "TypeError", () => hmacSha256(zeros, zeros, "text" as unknown as Uint8Array));
  checks("a-public-key-is-known", () => {
    const found = hexOf(p256PublicKey(privateKey));
    return found === PUBLIC_KEY ? "" : found;
  });
  checks("a-signature-is-known", () => {
    const found = hexOf(p256Sign(privateKey, nonce, digest));
    return found === SIGNATURE ? "" : found;
  });
  checks("a-signature-verifies", () =>
    verifyP256(fromHex(PUBLIC_KEY), digest, fromHex(SIGNATURE)) ? "" : "it does not",
  );
  checks("a-compressed-key-verifies-nothing", () => {
    const key = fromHex(PUBLIC_KEY);
    key[0] = 3;
    return verifyP256(key, digest, fromHex(SIGNATURE)) ? "verified" : "";
  });
  refuses("a-private-key-of-0", "RangeError", () => p256PublicKey(zeros));
  refuses("a-private-key-of-n", "RangeError", () => p256PublicKey(order));
  refuses("signing-with-a-private-key-of-0", "RangeError", () => p256Sign(zeros, nonce, digest));
  refuses("signing-with-a-private-key-of-n", "RangeError", () => p256Sign(order, nonce, digest));
  refuses("a-nonce-of-0", "RangeError", () => p256Sign(privateKey, zeros, digest));
  refuses("a-nonce-of-n", "RangeError", () => p256Sign(privateKey, order, digest));
  checks("a-refused-nonce-is-not-used-later", () =>
    hexOf(p256Sign(privateKey, nonce, digest)) === SIGNATURE ? "" : "it is",
  );
  refuses("a-short-private-key", "RangeError", () => p256PublicKey(new Uint8Array(31)));
  refuses("a-short-nonce", "RangeError", () => p256Sign(privateKey, new Uint8Array(31), digest));
  refuses("a-long-digest", "RangeError", () => p256Sign(privateKey, nonce, new Uint8Array(64)));
  refuses("signing-nothing", "TypeError", () =>
    (p256Sign as (...bytes: Uint8Array[]) => ArrayBuffer)(privateKey, nonce),
  );
  checks("wiped-bytes-are-zero", () => {
    const bytes = fromHex(PRIVATE_KEY);
    wipe(bytes.subarray(1, 31));
    return hexOf(bytes) === `c9${"00".repeat(30)}21` ? "" : hexOf(bytes);
  });
  refuses("wiping-text", "TypeError", () => wipe("secret" as unknown as Uint8Array));
}

function testSealing(): void {
  const key = new Uint8Array(32).fill(7);
  const nonce = new Uint8Array(12).fill(9);
  const associated = Uint8Array.from(ABC);
  const empty = new Uint8Array(0);
  const plain = new Uint8Array(100).fill(0x55);
  const sealed = new Uint8Array(aeadSeal(key, nonce, associated, plain));
  const opened = (bytes: Uint8Array, more: Uint8Array): string => {
    const found = aeadOpen(key, nonce, more, bytes);
    return found === undefined ? "refused" : hexOf(found);
  };
  checks("a-sealed-text-opens", () =>
    opened(sealed, associated) === "55".repeat(100) ? "" : opened(sealed, associated),
  );
  checks("a-sealed-text-has-a-tag", () => (sealed.length === 116 ? "" : `${sealed.length}`));
  checks("every-byte-of-a-sealed-text-counts", () => {
    for (let index = 0; index < sealed.length; index++) {
      const changed = sealed.slice();
      changed[index] = (changed[index] as number) ^ 0x80;
      if (opened(changed, associated) !== "refused") return `byte ${index} does not`;
    }
    return "";
  });
  checks("other-associated-bytes-open-nothing", () => opened(sealed, empty).replace("refused", ""));
  checks("nothing-can-be-sealed", () => opened(new Uint8Array(aeadSeal(key, nonce, empty, empty)), empty));
  checks("a-tag-alone-opens-nothing", () => opened(new Uint8Array(16), empty).replace("refused", ""));
  refuses("less-than-a-tag", "RangeError", () => aeadOpen(key, nonce, empty, new Uint8Array(15)));
  refuses("a-short-sealing-key", "RangeError", () => aeadSeal(new Uint8Array(16), nonce, empty, plain));
  refuses("a-long-sealing-nonce", "RangeError", () => aeadSeal(key, new Uint8Array(24), empty, plain));
  refuses("opening-with-a-long-key", "RangeError", () => aeadOpen(new Uint8Array(33), nonce, empty, sealed));
  refuses("sealing-text", "TypeError", () => aeadSeal(key, nonce, empty, "text" as unknown as Uint8Array));
  refuses("sealing-without-associated", "TypeError", () =>
    aeadSeal(key, nonce, undefined as unknown as Uint8Array, plain),
  );
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
  refuses("a-runtime-cannot-launch", "TypeError", () => launch(0x4010_1000, 0x1000, new ArrayBuffer(0)));
  refuses("a-time-with-a-fraction", "RangeError", () => timerArm(1.5));
  refuses("an-exit-code-too-large", "RangeError", () => powerOff(256));
  refuses("a-turn-that-is-no-function", "TypeError", () => onTurn({} as unknown as () => boolean));
  onTurn(() => false);
  refuses("a-second-turn", "Error", () => onTurn(() => false));
  refuses("printing-a-number", "TypeError", () => write(1 as unknown as string));
}
