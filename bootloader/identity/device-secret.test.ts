/** Device secrets come from sound sources only: stuck, biased, repeating and failing ones make none. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { HealthTest } from "../../hal/drivers/virtio-rng/health-test.ts";
import { hostIdentityCrypto } from "../../host-tools/identity/crypto.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import { generateDeviceSecret, importDeviceSecret } from "./device-secret.ts";

const crypto = hostIdentityCrypto();

/** A source whose byte at each position is a function of the position; keeps the array that it filled. */
class ScriptedSource {
  filled: Uint8Array | undefined;
  readonly #byteAt: (position: number) => number;

  constructor(byteAt: (position: number) => number) {
    this.#byteAt = byteAt;
  }

  fill(destination: Uint8Array): void {
    this.filled = destination;
    for (let index = 0; index < destination.length; index++) destination[index] = this.#byteAt(index);
  }

  close(): void {}
}

/** Bytes that look random, the same in every run. */
function noise(label: string): (position: number) => number {
  return (position) => {
    const block = createHash("sha256")
      .update(`${label} ${position >> 5}`)
      .digest();
    return block[position & 31] as number;
  };
}

function generate(source: ScriptedSource): Uint8Array {
  return generateDeviceSecret({ random: source, test: new HealthTest(), crypto });
}

describe("generateDeviceSecret", () => {
  it("conditions what a sound source gives, and keeps nothing of it", () => {
    const source = new ScriptedSource(noise("a"));
    const secret = generate(source);
    expect(secret.length).toBe(32);
    expect(source.filled?.length).toBe(1280);
    expect(source.filled?.every((byte) => byte === 0)).toBe(true);
    expect(toHex(secret)).toBe(toHex(generate(new ScriptedSource(noise("a")))));
    expect(toHex(secret)).not.toBe(toHex(generate(new ScriptedSource(noise("b")))));
  });

  it("uses every sample after the start-up ones", () => {
    const secrets = new Set<string>();
    for (let changed = 1023; changed < 1280; changed++) {
      const sound = noise("a");
      const source = new ScriptedSource((position) => sound(position) ^ (position === changed ? 1 : 0));
      secrets.add(toHex(generate(source)));
    }
    // 256 samples that matter, and the last start-up sample, which gives the unchanged secret.
    expect(secrets.size).toBe(257);
  });

  const sound = noise("a");
  const unsound: readonly [name: string, byteAt: (position: number) => number][] = [
    ["is stuck at 0", () => 0],
    ["is stuck at 255", () => 255],
    ["sticks after the start-up samples", (position) => (position < 1024 ? sound(position) : 0x5a)],
    ["sticks for the last eleven samples", (position) => (position < 1269 ? sound(position) : 0x5a)],
    ["toggles one bit", (position) => position & 1],
    ["gives one value half of the time", (position) => (sound(position) < 128 ? 0 : sound(position))],
    ["gives one value a quarter of the time", (position) => (position % 4 === 1 ? 0 : sound(position))],
    ["gives one value every eighth time", (position) => (position % 8 === 1 ? 0 : sound(position))],
    ["gives eight values only", (position) => sound(position) & 0xe0],
    ["repeats a block of 64 bytes, as a stuck buffer does", (position) => sound(position & 63)],
    ["repeats one block once", (position) => sound(position >= 1200 && position < 1216 ? position - 1200 : position)],
  ];
  it.each(unsound)("refuses a source that %s", (_name, byteAt) => {
    const source = new ScriptedSource(byteAt);
    expect(() => generate(source)).toThrow(expect.objectContaining({ code: "random-unhealthy" }));
    expect(source.filled?.every((byte) => byte === 0)).toBe(true);
  });

  it("refuses when the source itself fails, and keeps nothing of what it gave before", () => {
    const source = new ScriptedSource(noise("a"));
    const failing = {
      fill(destination: Uint8Array): void {
        source.fill(destination);
        throw new Error("VirtioRng: expected random bytes in 1000 ms, found none");
      },
      close(): void {},
    };
    expect(() => generateDeviceSecret({ random: failing, test: new HealthTest(), crypto })).toThrow(
      "expected random bytes, found VirtioRng: expected random bytes in 1000 ms, found none",
    );
    expect(source.filled?.every((byte) => byte === 0)).toBe(true);
  });

  it("needs the continuous test too: a short run passes all but that one", () => {
    const run = (position: number): number => (position >= 1100 && position < 1111 ? 0x5a : sound(position));
    expect(() => generate(new ScriptedSource(run))).toThrow("found samples that fail a health test");
    // The weakened twin: with a test that accepts everything the same source makes a secret.
    const accepting = { accept: () => true };
    expect(generateDeviceSecret({ random: new ScriptedSource(run), test: accepting, crypto }).length).toBe(32);
  });
});

describe("importDeviceSecret", () => {
  it("takes a secret and zeroes where it came from", () => {
    const bytes = new Uint8Array(32).fill(7);
    expect(importDeviceSecret(crypto, bytes)).toBeDefined();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ["erased flash", new Uint8Array(32).fill(0xff)],
    ["zeros", new Uint8Array(32)],
    ["31 bytes", new Uint8Array(31).fill(7)],
    ["nothing", new Uint8Array(0)],
  ])("refuses %s", (_name, bytes) => {
    expect(() => importDeviceSecret(crypto, bytes)).toThrow(expect.objectContaining({ code: "device-secret" }));
  });
});
