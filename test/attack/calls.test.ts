/** Attacks 2c and 3c on Node: a hostile runtime calls the root of trust a hundred thousand times, and power is cut in between. */
import { describe, expect, it } from "vitest";
import { hostIdentityCrypto, hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { verifyAttestation } from "../../protocol/eat/attestation.ts";
import { encodeFailureReport } from "../../protocol/failure/report.ts";
import {
  CHUNK_BYTE_LIMIT,
  MESSAGE_BYTE_LIMIT,
  ROOT_CALLS,
  type RootCallName,
} from "../../protocol/root-calls/calls.ts";
import type { Field } from "../../protocol/root-calls/fields.ts";
import { decodeRootState } from "../../protocol/root-calls/state.ts";
import { DETAIL_LIMIT, ROOT_CALL_STATUSES, statusOf } from "../../protocol/root-calls/status.ts";
import { Random } from "../powerfail/random.ts";
import { CallsDevice, IMAGES } from "./calls-device.ts";

const CALLS = 100_000;
const CALLS_PER_BOOT = 2500;
/** Calls that cost a host a point multiplication or more are made one time in so many. */
const DEAR_EVERY = 40;
const DEAR: readonly RootCallName[] = ["identity", "attest", "signOperational", "operationalKey"];
const NAMES = Object.keys(ROOT_CALLS) as RootCallName[];
const SIGNED = Object.values(IMAGES);
const REPORT = encodeFailureReport({
  component: new Uint8Array(16),
  image: new Uint8Array(32),
  build: new Uint8Array(0),
  cause: { kind: "exit", code: 1 },
  heap: undefined,
  log: [],
});

/** A runtime that calls at random: nonsense, nearly right requests, and uploads of what the owner signed. */
class HostileRuntime {
  readonly #random: Random;
  readonly #device: CallsDevice;
  readonly #counts = new Map<string, number>();

  constructor(device: CallsDevice, seed: number) {
    this.#device = device;
    this.#random = new Random(seed);
  }

  /** Calls made. */
  calls = 0;

  /** How often each status came. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  act(): void {
    const kind = this.#random.below(100);
    if (kind < 10) this.#send(this.#random.bits(), this.#bytes(this.#random.below(MESSAGE_BYTE_LIMIT + 1)));
    else if (kind < 30) this.#send(this.#random.below(32), this.#bytes(this.#random.below(80)));
    else if (kind < 32) this.#upload();
    else this.#nearlyRight();
    if (this.#random.below(50) === 0) this.#device.uptime += this.#random.below(400_000);
  }

  #nearlyRight(): void {
    const name = NAMES[this.#random.below(NAMES.length)] as RootCallName;
    if (DEAR.includes(name) && this.#random.below(DEAR_EVERY) > 0) return;
    const parts = Object.values(ROOT_CALLS[name].request).map((field) => this.#field(field));
    if (name === "logAppend" && this.#random.below(2) === 0) parts[0] = this.#changed(REPORT);
    const request = Uint8Array.from(parts.flatMap((part) => [...part]));
    const slip = this.#random.below(20);
    const short = slip === 0 ? request.slice(1) : request;
    this.#send(ROOT_CALLS[name].number, slip === 1 ? Uint8Array.from([...request, 0]) : short);
  }

  #field(field: Field): Uint8Array {
    if (field.kind === "bytes") return this.#bytes(field.byteLength);
    if (field.kind === "rest") return this.#bytes(field.least + this.#random.below(Math.min(field.most, 200)));
    if (field.kind === "choice") return Uint8Array.of(this.#random.below(field.names.length + 2));
    const inside = field.least + this.#random.below(Math.min(field.most - field.least + 1, 600));
    const value = this.#random.below(8) === 0 ? this.#random.bits() : inside;
    if (field.kind === "u8") return Uint8Array.of(this.#random.below(3));
    return Uint8Array.of(value, value >> 8, value >> 16, value >> 24);
  }

  /** Signed bytes or nearly, in order or nearly, whole or nearly. */
  #upload(): void {
    const { bytes } = SIGNED[this.#random.below(SIGNED.length)] as (typeof SIGNED)[number];
    const data = this.#random.below(3) === 0 ? this.#changed(bytes) : bytes;
    const claimed = this.#random.below(10) === 0 ? this.#random.below(700) : data.length;
    this.#send(7, Uint8Array.of(this.#random.below(2), claimed, claimed >> 8, 0, 0));
    for (let offset = 0; offset < data.length; ) {
      const length = Math.min(1 + this.#random.below(120), data.length - offset);
      const shift = this.#random.below(30) === 0 ? 1 : 0;
      const at = offset + shift;
      this.#send(8, Uint8Array.from([at, at >> 8, 0, 0, ...data.subarray(offset, offset + length)]));
      offset += length + shift;
    }
    this.#send(9, new Uint8Array(0));
  }

  #changed(bytes: Uint8Array): Uint8Array {
    const changed = bytes.slice();
    const at = this.#random.below(changed.length);
    changed[at] = (changed[at] as number) ^ (1 << this.#random.below(8));
    return changed;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.bits() >>> 7);
  }

  #send(number: number, request: Uint8Array): void {
    const { status, reply } = this.#device.raw(number, request);
    const name = ROOT_CALL_STATUSES[status];
    if (name === undefined) throw new Error(`status ${status} of call ${number}`);
    if (status !== 0 && reply.length > DETAIL_LIMIT) throw new Error(`a detail of ${reply.length} bytes`);
    this.calls += 1;
    if (reply.length > MESSAGE_BYTE_LIMIT) throw new Error(`a reply of ${reply.length} bytes`);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}

/** Verifies what the device attests to now. @returns the versions of what runs */
function attestedVersions(device: CallsDevice): string[] {
  const crypto = hostIdentityCrypto();
  const { identityKey, certificates } = device.reply("identity", {});
  const { publicKey } = device.reply("operationalKey", {});
  const nonce = new Uint8Array(32).fill(0x17);
  const { evidence } = device.reply("attest", { nonce });
  const operationalKey = keyThumbprint(publicKey, hostIdentityPrimitives.sha256);
  const attestation = { certificates: decodeCbor(certificates) as Uint8Array[], evidence };
  const claims = verifyAttestation(attestation, { identityKey, nonce, operationalKey }, crypto);
  return claims.components.map(({ version }) => version);
}

describe("a hostile runtime that calls at random", () => {
  it("never makes the root of trust fail, and never keeps the device from booting what was signed", () => {
    const device = new CallsDevice();
    const identityKey = device.reply("identity", {}).identityKey;
    const runtime = new HostileRuntime(device, 7);
    const started = new Set<string>();
    let highest = 0;
    for (let boots = 1; runtime.calls < CALLS; boots += 1) {
      while (runtime.calls < boots * CALLS_PER_BOOT) runtime.act();
      expect(device.mistakes).toEqual([]);
      // Power is cut here, whatever was under way. A brick is an exception of boot().
      device.boot();
      for (const name of device.names) started.add(name);
      const versions = device.running.map(({ checked }) => `${checked.version.major}.${checked.version.minor}`);
      expect(attestedVersions(device).map((version) => version.slice(0, 3))).toEqual(versions);
      expect(device.reply("identity", {}).identityKey).toEqual(identityKey);
      const { images } = decodeRootState(device.reply("state", {}).state);
      const counter = images[1]?.securityCounter ?? 0;
      expect(counter).toBeGreaterThanOrEqual(highest);
      highest = counter;
    }
    // Everything signed and new enough may have run; what lies below the counter never.
    expect(started).not.toContain(IMAGES.runtimeOld.name);
    expect([...started]).toContain(IMAGES.runtimeNext.name);
    const { counts } = runtime;
    for (const status of ["ok", "call-unknown", "request-length", "request-value", "image-refused", "upload-order"]) {
      expect(counts.get(status) ?? 0, `${status} of ${JSON.stringify([...counts])}`).toBeGreaterThan(10);
    }
    expect(counts.get("internal")).toBeUndefined();
  }, 240_000);

  it("is noticed when it makes a careless root of trust fail", () => {
    const device = new CallsDevice();
    const components = (): never => {
      throw new TypeError("careless");
    };
    device.services = { ...device.services, measurements: { encoded: components } };
    const runtime = new HostileRuntime(device, 7);
    while (runtime.calls < CALLS_PER_BOOT) runtime.act();
    expect(runtime.counts.get("internal")).toBeGreaterThan(0);
    expect(device.mistakes[0]).toMatchObject({ call: "measurements" });
  });

  it("leaves a device that an honest runtime can still update", () => {
    const device = new CallsDevice();
    const runtime = new HostileRuntime(device, 8);
    while (runtime.calls < 2000) runtime.act();
    device.boot();
    expect(device.call("confirm", {}).status).toBe("ok");
    expect(device.upload(1, IMAGES.runtimeNext)).toBe("ok");
    device.boot();
    expect(device.names).toContain(IMAGES.runtimeNext.name);
    expect(device.call("confirm", {}).status).toBe("ok");
    device.boot();
    expect(device.running.map(({ kind }) => kind)).toEqual(["confirmed", "confirmed"]);
  });
});

describe("what the root of trust does not let a runtime do", () => {
  it.each([IMAGES.runtimeOld])("start $name, which is signed and below the counter", (image) => {
    const device = new CallsDevice();
    expect(device.upload(1, image)).toBe("image-refused");
    expect(device.call("updateFinish", {}).status).toBe("upload-order");
    device.boot();
    expect(device.names).toEqual([IMAGES.root.name, IMAGES.runtime.name]);
  });

  it("start an image with one bit flipped, wherever it is", () => {
    const device = new CallsDevice();
    for (let at = 0; at < IMAGES.runtimeNext.bytes.length; at += 7) {
      const bytes = IMAGES.runtimeNext.bytes.slice();
      bytes[at] = (bytes[at] as number) ^ 0x10;
      expect(device.upload(1, { bytes }), `bit in byte ${at}`).toBe("image-refused");
    }
    device.boot();
    expect(device.names).toEqual([IMAGES.root.name, IMAGES.runtime.name]);
  });

  it("put a runtime into the slots of the root of trust, or below a base that is on test", () => {
    const device = new CallsDevice();
    expect(device.upload(0, IMAGES.rootNext)).toBe("ok");
    device.boot();
    expect(device.names).toEqual([IMAGES.rootNext.name, IMAGES.runtime.name]);
    expect(device.upload(1, IMAGES.runtimeNext)).toBe("running-unconfirmed");
    expect(device.upload(0, IMAGES.root)).toBe("running-unconfirmed");
    device.boot();
    expect(device.names).toEqual([IMAGES.root.name, IMAGES.runtime.name]);
  });

  it("prefer a slot that was never confirmed", () => {
    const device = new CallsDevice();
    expect(device.call("select", { image: 1, slot: "b" }).status).toBe("slot-unconfirmed");
    expect(device.upload(1, IMAGES.runtimeNext)).toBe("ok");
    expect(device.call("select", { image: 1, slot: "b" }).status).toBe("slot-unconfirmed");
  });

  it("stretch what it sends over what was asked for", () => {
    const device = new CallsDevice();
    expect(device.call("updateBegin", { image: 1, byteLength: 100 }).status).toBe("ok");
    expect(device.call("updateWrite", { offset: 0, data: new Uint8Array(101) }).status).toBe("upload-length");
    expect(device.raw(8, new Uint8Array(4 + CHUNK_BYTE_LIMIT + 1)).status).toBe(
      ROOT_CALL_STATUSES.indexOf("request-length"),
    );
    expect(device.reply("updateWrite", { offset: 50, data: new Uint8Array(8) }).nextOffset).toBe(0);
    expect(device.call("updateBegin", { image: 1, byteLength: 0xffffffff }).status).toBe("upload-length");
  });

  it("change what it sent after the root of trust has looked", () => {
    const device = new CallsDevice();
    const request = new Uint8Array(32).fill(1);
    const before = device.raw(ROOT_CALLS.signOperational.number, request);
    request.fill(2);
    expect(device.raw(ROOT_CALLS.signOperational.number, new Uint8Array(32).fill(1))).toEqual(before);
  });

  it("have a name for a call that does not exist", () => {
    const device = new CallsDevice();
    for (const number of [0, 22, 0x7fff, 0x8000, 0xffffffff, -1, 0.5, Number.NaN]) {
      expect(statusOf(device.raw(number, new Uint8Array(8)).status)).toBe("call-unknown");
    }
  });
});
