/**
 * A device on Node whose runtime is the attacker: the real root-of-trust calls over the real slots, logs, identity and lifecycle, on
 * simulated flash, with every secret known to the test.
 */
import { DeviceIdentity } from "../../bootloader/calls/device-identity.ts";
import { dispatch, type RootCallAnswer } from "../../bootloader/calls/dispatch.ts";
import { ImageControl } from "../../bootloader/calls/image-control.ts";
import type { RootServices } from "../../bootloader/calls/services.ts";
import { CounterLog } from "../../bootloader/counters/counter-log.ts";
import { ROOT_OF_TRUST_IMAGE, RUNTIME_IMAGE } from "../../bootloader/counters/counter-names.ts";
import { type AttesterOptions, enterRootOfTrust, implementationId } from "../../bootloader/identity/attestation.ts";
import { SECRET_BYTE_LENGTH, type Secret } from "../../bootloader/identity/crypto.ts";
import { MeasurementLog } from "../../bootloader/identity/measurements.ts";
import { FirstStageCrypto, SoftwareSealingCrypto } from "../../bootloader/identity/software-crypto.ts";
import { CapabilityControl } from "../../bootloader/lifecycle/capability-control.ts";
import { LifecycleLog } from "../../bootloader/lifecycle/lifecycle-log.ts";
import { CrashLog } from "../../bootloader/log/crash-log.ts";
import { FailureLog } from "../../bootloader/log/failure-log.ts";
import { SEED_BYTE_LENGTH, SeededRandom } from "../../bootloader/random/seeded-random.ts";
import { RUNTIME_DATA, Sealer } from "../../bootloader/sealing/sealer.ts";
import { Slot } from "../../bootloader/slots/slot.ts";
import type { SlotPair, StartedImage } from "../../bootloader/slots/slot-pair.ts";
import { startImage } from "../../bootloader/slots/start-image.ts";
import { encodeConfirmedTrailer } from "../../bootloader/slots/trailer-layout.ts";
import { hostIdentityPrimitives, hostSealingPrimitives } from "../../host-tools/identity/crypto.ts";
import type { TrustedKey } from "../../protocol/image/public-key.ts";
import { formatVersion, VERSION_BYTE_LENGTH, writeVersion } from "../../protocol/image/version.ts";
import { type ReplyOf, type RequestOf, ROOT_CALLS, type RootCallName } from "../../protocol/root-calls/calls.ts";
import { decodeMessage, encodeMessage, isFault } from "../../protocol/root-calls/codec.ts";
import type { Fields, Message } from "../../protocol/root-calls/fields.ts";
import { type RootCallStatus, statusOf } from "../../protocol/root-calls/status.ts";
import { chipArea } from "../powerfail/chip-area.ts";
import { NorChip } from "../powerfail/nor-chip.ts";
import { SimulatedImage, SimulatedVerifier } from "../powerfail/simulated-images.ts";

const UNIT = 8;
const TRY_LIMIT = 1;
/** First block of each area. */
const STATE = 0;
const LOG = 2;
const LIFECYCLE = 4;
const SLOTS = 6;
const BLOCKS_PER_SLOT = 3;
const BLOCKS: readonly number[] = [
  ...[1024, 1024],
  ...[65_536, 65_536],
  ...[2048, 2048],
  ...Array.from({ length: 4 * BLOCKS_PER_SLOT }, () => 256),
];

/** All that the owner ever signed. */
export const IMAGES = Object.freeze({
  root: new SimulatedImage({ name: "root 1", version: "1.0.0", counter: 1, keyEpoch: 0 }),
  rootNext: new SimulatedImage({ name: "root 2", version: "1.1.0", counter: 1, keyEpoch: 0, byteLength: 310 }),
  runtime: new SimulatedImage({ name: "runtime 1", version: "2.0.0", counter: 2, keyEpoch: 0, byteLength: 320 }),
  runtimeNext: new SimulatedImage({ name: "runtime 2", version: "2.1.0", counter: 3, keyEpoch: 0, byteLength: 330 }),
  /** Below the counter once runtime 1 is confirmed. */
  runtimeOld: new SimulatedImage({ name: "runtime 0", version: "1.9.0", counter: 1, keyEpoch: 0, byteLength: 340 }),
});

/** How a test wants its device to be. */
export interface DeviceOptions {
  /** Secured by default. A decommissioned device has no secret any more. */
  readonly lifecycle?: "provisioned" | "secured" | "decommissioned";
  /** Keys for capability files. */
  readonly capabilityKeys?: readonly TrustedKey[];
}

/** The answer of a call, decoded. */
export interface DecodedAnswer<Name extends RootCallName> {
  readonly status: RootCallStatus;
  readonly reply: ReplyOf<Name> | undefined;
  /** Text of a refusal. */
  readonly detail: string;
}

/** One device over its power cycles. RAM, keys and services are new at each {@link boot}; flash stays. */
export class CallsDevice {
  readonly chip = new NorChip({ unit: UNIT, blocks: BLOCKS }, 1);
  readonly log = new CounterLog(chipArea(this.chip, STATE, 2));
  readonly pairs: readonly [SlotPair, SlotPair];
  /** Secret byte strings by what they are. */
  readonly secrets = new Map<string, Uint8Array>();
  /** Exceptions that no call should have had. */
  readonly mistakes: { readonly call: string; readonly error: unknown }[] = [];
  /** Milliseconds of the last arming of the watchdog. */
  armed: number | undefined;
  /** Reset or power-off that a call asked for. */
  ended: string | undefined;
  /** The clock; it goes on only when a test says so. */
  uptime = 0;
  running: StartedImage<SimulatedImage>[] = [];
  services!: RootServices;
  failures!: FailureLog;
  /** What evidence is made of, for tests that weaken it; only on a device that has an identity. */
  attested!: AttesterOptions;
  readonly #verifiers: readonly [SimulatedVerifier, SimulatedVerifier];
  readonly #options: Required<DeviceOptions>;
  #boots = 0;

  constructor({ lifecycle = "secured", capabilityKeys = [] }: DeviceOptions = {}) {
    this.#options = { lifecycle, capabilityKeys };
    this.pairs = [this.#pair(ROOT_OF_TRUST_IMAGE), this.#pair(RUNTIME_IMAGE)];
    const images = Object.values(IMAGES);
    const verifier = (image: 0 | 1): SimulatedVerifier =>
      new SimulatedVerifier(images, (slot, target) => this.chip.read(target, this.slotStart(image, slot)));
    this.#verifiers = [verifier(0), verifier(1)];
    this.log.format();
    new CrashLog(chipArea(this.chip, LOG, 2)).format();
    const life = new LifecycleLog(chipArea(this.chip, LIFECYCLE, 2));
    life.format();
    life.advance("provisioned");
    if (lifecycle !== "provisioned") life.advance("secured");
    if (lifecycle === "decommissioned") life.advance("decommissioned");
    this.#install(0, IMAGES.root);
    this.#install(1, IMAGES.runtime);
    this.boot();
  }

  /** A new power cycle. @throws Error when nothing may be started: the device is a brick */
  boot(): void {
    this.chip.powerUp();
    this.#boots += 1;
    this.uptime = 0;
    this.armed = undefined;
    this.ended = undefined;
    this.running = [];
    const root = this.#start(0, true);
    const runtime = this.#start(1, root.isConfirmed);
    this.services = this.#open(root, runtime);
  }

  #start(image: 0 | 1, isBaseConfirmed: boolean): StartedImage<SimulatedImage> {
    const options = { tryLimit: TRY_LIMIT, isBaseConfirmed };
    const { started, refused } = startImage(this.pairs[image], this.log, this.#verifiers[image], options);
    if (started === undefined) throw new Error(`image ${image} does not start: ${JSON.stringify(refused)}`);
    this.running.push(started);
    return started;
  }

  #open(root: StartedImage<SimulatedImage>, runtime: StartedImage<SimulatedImage>): RootServices {
    const crypto = this.#crypto();
    const measurements = new MeasurementLog();
    const component = componentOf("root-of-trust", root);
    measurements.append(component);
    measurements.append(componentOf("runtime", runtime));
    measurements.close();
    const uptime = (): number => this.uptime;
    const crashLog = new CrashLog(chipArea(this.chip, LOG, 2));
    crashLog.startBoot();
    this.failures = new FailureLog({ log: crashLog, uptime, images: [stampOf(root), stampOf(runtime)] });
    const identity = enterRootOfTrust(
      crypto,
      crypto.importSecret(hostIdentityPrimitives.sha256(Uint8Array.of(0x5a)).slice(0, SECRET_BYTE_LENGTH)),
      {
        component,
        securityCounter: root.checked.securityCounter,
        lifecycle: "secured",
        authorities: [component.signer],
      },
    );
    const lifecycle = new CapabilityControl(new LifecycleLog(chipArea(this.chip, LIFECYCLE, 2)), {
      deviceId: identity.deviceId,
      keys: this.#options.capabilityKeys,
      crypto,
      bootCount: crashLog.bootCount,
    });
    const random = new SeededRandom(hostIdentityPrimitives.hmacSha512, this.#seed());
    this.attested = {
      crypto,
      identity,
      log: measurements,
      bootSeed: new Uint8Array(32).fill(0x80 + this.#boots),
      lifecycle: lifecycle.policy.claim,
      implementationId: implementationId(
        { board: "node", vendorId: new Uint8Array(16), classId: new Uint8Array(16) },
        crypto.sha256,
      ),
    };
    const hasIdentity = this.#options.lifecycle !== "decommissioned";
    const secret = identity.layer.sealingSecret(RUNTIME_DATA);
    const { log, pairs, running } = this;
    return {
      identity: hasIdentity ? new DeviceIdentity(this.attested) : undefined,
      sealer: hasIdentity ? new Sealer(this.#sealing(), secret, random) : undefined,
      random,
      images: new ImageControl({ pairs, verifiers: this.#verifiers, running, log, tryLimit: TRY_LIMIT, uptime }),
      crashLog: this.failures,
      lifecycle,
      measurements,
      watchdog: {
        arm: (milliseconds) => {
          this.armed = milliseconds;
        },
      },
      power: {
        reset: (reason) => {
          this.ended = `reset ${reason}`;
        },
        powerOff: (code) => {
          this.ended = `power-off ${code}`;
        },
      },
      uptime,
      reportMistake: (call, error) => this.mistakes.push({ call, error }),
    };
  }

  #seed(): Uint8Array {
    const seed = hostIdentityPrimitives.sha512(Uint8Array.of(0xa5, this.#boots)).slice(0, SEED_BYTE_LENGTH);
    this.secrets.set(`seed of boot ${this.#boots}`, seed.slice());
    return seed;
  }

  /** The real crypto, over primitives that tell the test which secrets they were given. */
  #crypto(): FirstStageCrypto {
    const note = (name: string, bytes: Uint8Array): void => {
      this.secrets.set(`${name} ${Buffer.from(bytes).toString("hex").slice(0, 8)}`, bytes.slice());
    };
    const primitives = {
      ...hostIdentityPrimitives,
      p256PublicKey(privateKey: Uint8Array): Uint8Array {
        note("private key", privateKey);
        return hostIdentityPrimitives.p256PublicKey(privateKey);
      },
      p256SignWithNonce(privateKey: Uint8Array, nonce: Uint8Array, digest: Uint8Array): Uint8Array {
        note("private key", privateKey);
        note("signature nonce", nonce);
        return hostIdentityPrimitives.p256SignWithNonce(privateKey, nonce, digest);
      },
    };
    return new NotingCrypto(primitives, note);
  }

  #sealing(): SoftwareSealingCrypto {
    const { secrets } = this;
    return new SoftwareSealingCrypto({
      ...hostSealingPrimitives,
      aeadSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
        secrets.set("sealing key", key.slice());
        return hostSealingPrimitives.aeadSeal(key, nonce, associated, plain);
      },
    });
  }

  /** A call as the monitor makes it: bytes in, bytes out. */
  raw(number: number, request: Uint8Array): RootCallAnswer {
    return dispatch(number, request, this.services);
  }

  /** A call as an honest client makes it. */
  call<Name extends RootCallName>(name: Name, request: RequestOf<Name>): DecodedAnswer<Name> {
    const shape = ROOT_CALLS[name];
    const bytes = encodeMessage<Fields>(shape.request, request as Message<Fields>);
    const { status, reply } = this.raw(shape.number, bytes);
    if (status !== 0) {
      return { status: statusOf(status), reply: undefined, detail: Buffer.from(reply).toString("latin1") };
    }
    const decoded = decodeMessage<Fields>(shape.reply, reply);
    if (isFault(decoded)) throw new Error(`reply of ${name}: ${decoded.fault} ${decoded.field}`);
    return { status: "ok", reply: decoded as ReplyOf<Name>, detail: "" };
  }

  /** The reply of a call that must succeed. */
  reply<Name extends RootCallName>(name: Name, request: RequestOf<Name>): ReplyOf<Name> {
    const { status, reply, detail } = this.call(name, request);
    if (reply === undefined) throw new Error(`expected a reply of ${name}, found ${status} ${detail}`);
    return reply;
  }

  /** Uploads an image whole. @returns the first status that is not `ok` */
  upload(image: 0 | 1, { bytes }: Pick<SimulatedImage, "bytes">): RootCallStatus {
    const begun = this.call("updateBegin", { image, byteLength: bytes.length });
    if (begun.status !== "ok") return begun.status;
    for (let offset = 0; offset < bytes.length; offset += 100) {
      const written = this.call("updateWrite", { offset, data: bytes.subarray(offset, offset + 100) });
      if (written.status !== "ok") return written.status;
    }
    return this.call("updateFinish", {}).status;
  }

  /** The names of the images that run. */
  get names(): string[] {
    return this.running.map(({ checked }) => checked.name);
  }

  /** First byte of a slot in the chip. */
  slotStart(image: 0 | 1, slot: "a" | "b"): number {
    return this.chip.starts[firstBlock(image, slot)] as number;
  }

  #pair(image: 0 | 1): SlotPair {
    const slot = (name: "a" | "b"): Slot => new Slot(chipArea(this.chip, firstBlock(image, name), BLOCKS_PER_SLOT));
    return { image, a: slot("a"), b: slot("b") };
  }

  /** What the factory does. */
  #install(image: 0 | 1, { bytes }: SimulatedImage): void {
    const { layout } = this.pairs[image].a;
    const start = this.slotStart(image, "a");
    const padded = new Uint8Array(Math.ceil(bytes.length / UNIT) * UNIT).fill(0xff);
    padded.set(bytes);
    this.chip.preset(padded, start);
    const trailer = encodeConfirmedTrailer(layout);
    for (let at = 0; at < trailer.length; at += UNIT) {
      const mark = trailer.subarray(at, at + UNIT);
      if (mark.some((byte) => byte !== 0xff)) this.chip.preset(mark, start + layout.start + at);
    }
  }
}

/** Tells the test every secret that is taken in or derived. */
class NotingCrypto extends FirstStageCrypto {
  readonly #note: (name: string, bytes: Uint8Array) => void;

  constructor(
    primitives: ConstructorParameters<typeof FirstStageCrypto>[0],
    note: (name: string, bytes: Uint8Array) => void,
  ) {
    super(primitives);
    this.#note = note;
  }

  override importSecret(bytes: Uint8Array): Secret {
    this.#note("secret", bytes);
    return super.importSecret(bytes);
  }

  override deriveSecret(secret: Secret, salt: Uint8Array, info: Uint8Array): Secret {
    return this.importSecret(this.moveOut(super.deriveSecret(secret, salt, info)));
  }
}

function firstBlock(image: 0 | 1, slot: "a" | "b"): number {
  return SLOTS + (2 * image + (slot === "a" ? 0 : 1)) * BLOCKS_PER_SLOT;
}

function componentOf(type: string, { checked }: StartedImage<SimulatedImage>) {
  const value = hostIdentityPrimitives.sha256(checked.bytes);
  return { type, value, version: formatVersion(checked.version), signer: new Uint8Array(32).fill(7) };
}

function stampOf({ checked }: StartedImage<SimulatedImage>) {
  const version = new Uint8Array(VERSION_BYTE_LENGTH);
  writeVersion(version, 0, checked.version);
  return { digest: hostIdentityPrimitives.sha256(checked.bytes), version };
}
