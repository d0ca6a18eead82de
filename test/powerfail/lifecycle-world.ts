/** A simulated device with a device secret and a lifecycle, and beside it what they may be. */
import { DeviceSecretStore } from "../../bootloader/lifecycle/device-secret-store.ts";
import { deviceSecretForBoot, lifecycleForBoot } from "../../bootloader/lifecycle/lifecycle-boot.ts";
import { LifecycleLog, type LifecycleState } from "../../bootloader/lifecycle/lifecycle-log.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { chipArea } from "./chip-area.ts";
import { type ChipSnapshot, NorChip } from "./nor-chip.ts";
import { PropertyViolation } from "./truth.ts";

const BLOCK_BYTE_LENGTH = 2048;
const SECRET_BYTE_LENGTH = 32;

/** A change that the root of trust makes. Capability files are named by their sequence. */
export type LifecycleChange =
  | { readonly kind: "advance"; readonly to: DeviceLifecycle }
  | { readonly kind: "store"; readonly sequence: number }
  | { readonly kind: "clear"; readonly sequence?: number };

/** What a device may hold, as far as it has told. */
export interface LifecycleModel {
  readonly lifecycle: DeviceLifecycle;
  /** Sequence of the stored file. */
  readonly file: number | undefined;
  readonly floor: number;
  /** Number of the secret; 0 for none. */
  readonly secret: number;
}

/** What a boot cost. */
export interface LifecycleWork {
  readonly operations: number;
  readonly reads: number;
}

/** All that a world is at one moment; nothing of the code under test outlives a call, but in flash. */
export interface LifecycleWorldSnapshot {
  readonly chip: ChipSnapshot;
  readonly models: readonly LifecycleModel[];
  readonly secrets: number;
  readonly used: number;
}

const NEW_DEVICE: LifecycleModel = { lifecycle: "blank", file: undefined, floor: 0, secret: 0 };

/** The device. Steps throw PowerCut when a cut was planned; {@link LifecycleWorld.boot} is what happens next. */
export class LifecycleWorld {
  readonly chip: NorChip;
  /** Of the last boot that was finished. */
  work: LifecycleWork = { operations: 0, reads: 0 };
  #models: readonly LifecycleModel[] = [NEW_DEVICE];
  /** Secrets made so far. */
  #secrets = 0;
  /** The one that was used, once there is one. */
  #used = 0;

  constructor(unit: number, seed: number) {
    this.chip = new NorChip({ unit, blocks: [BLOCK_BYTE_LENGTH, BLOCK_BYTE_LENGTH, BLOCK_BYTE_LENGTH] }, seed);
  }

  snapshot(): LifecycleWorldSnapshot {
    return { chip: this.chip.snapshot(), models: this.#models, secrets: this.#secrets, used: this.#used };
  }

  restore({ chip, models, secrets, used }: LifecycleWorldSnapshot): void {
    this.chip.restore(chip);
    this.#models = models;
    this.#secrets = secrets;
    this.#used = used;
  }

  /** What the last boot found. */
  get model(): LifecycleModel {
    return this.#models[0] as LifecycleModel;
  }

  boot(): void {
    this.chip.powerUp();
    this.reboot();
  }

  /** {@link boot} for a caller that has powered the chip up itself, to plan a cut. It does what the first stage does. */
  reboot(): void {
    const store = new DeviceSecretStore(chipArea(this.chip, 0, 1));
    const state = lifecycleForBoot(this.#log(), store);
    this.#narrow(`a device ${told(state)}`, (model) => told(stateOf(model)) === told(state));
    const secret = deviceSecretForBoot(store, state.lifecycle, () => this.#makeSecret());
    const number = secret === undefined ? 0 : (secret[0] as number);
    if (secret !== undefined && !secret.every((byte, at) => byte === secretByte(number, at))) {
      violated("half a secret was used");
    }
    if (secret === undefined) this.#checkDestroyed(store);
    else this.#narrow(`secret ${number}`, (model) => model.secret === number);
    if (secret !== undefined) this.#used = number;
    this.work = { operations: this.chip.operations.length, reads: this.chip.reads };
  }

  /** A change by the root of trust. */
  perform(change: LifecycleChange): void {
    const before = this.#models;
    const after = before.map((model) => apply(model, change));
    this.#models = [...before, ...after];
    const log = this.#log();
    if (change.kind === "advance") log.advance(change.to);
    else if (change.kind === "store") log.storeCapability(fileOf(change.sequence), change.sequence);
    else log.clearCapability(change.sequence);
    this.#models = after;
    const state = log.read();
    this.#narrow(`a device ${told(state)} after a change`, (model) => told(stateOf(model)) === told(state));
  }

  #log(): LifecycleLog {
    return new LifecycleLog(chipArea(this.chip, 1, 2));
  }

  #makeSecret(): Uint8Array {
    this.#narrow("a blank device", (model) => model.lifecycle === "blank");
    // A secret that was never used may still turn up: nobody was told that it is not there.
    if (this.#used !== 0) violated(`a second secret is made, after secret ${this.#used} was used`);
    this.#secrets += 1;
    const made = this.#secrets;
    this.#models = [...this.#models, ...this.#models.map((model) => ({ ...model, secret: made }))];
    return Uint8Array.from({ length: SECRET_BYTE_LENGTH }, (_, at) => secretByte(made, at));
  }

  /** What a device has told once it must tell for ever, so what does not fit is no longer possible. */
  #narrow(found: string, fits: (model: LifecycleModel) => boolean): void {
    const possible = this.#models.filter(fits);
    if (possible.length === 0) {
      const expected = new Set(this.#models.map((model) => `${told(stateOf(model))} with secret ${model.secret}`));
      violated(`found ${found}, expected ${[...expected].join(" or ")}`);
    }
    this.#models = possible;
  }

  #checkDestroyed(store: DeviceSecretStore): void {
    if (store.state() !== "destroyed") violated(`a decommissioned device has a secret that is ${store.state()}`);
    const { high, low, starts } = this.chip;
    const end = starts[1] as number;
    for (let number = 1; number <= this.#secrets; number += 1) {
      const secret = Buffer.from(Array.from({ length: SECRET_BYTE_LENGTH }, (_, at) => secretByte(number, at)));
      for (const cells of [high, low]) {
        if (Buffer.from(cells.subarray(0, end)).includes(secret)) violated("a destroyed secret can be read");
      }
    }
  }
}

/** Secrets that share no byte with their neighbours and name themselves by their first. */
function secretByte(number: number, at: number): number {
  return (number + at * 29) & 0xff;
}

/** A file of some length, each byte of which tells its sequence. */
function fileOf(sequence: number): Uint8Array {
  return new Uint8Array(150 + (sequence % 7)).fill(sequence & 0xff);
}

function told({ lifecycle, capability, sequenceFloor }: LifecycleState): string {
  const file =
    capability === undefined ? "no file" : `${capability.length} bytes of ${[...new Set(capability)].join("/")}`;
  return `${lifecycle}, ${file}, floor ${sequenceFloor}`;
}

function stateOf({ lifecycle, file, floor }: LifecycleModel): LifecycleState {
  return { lifecycle, capability: file === undefined ? undefined : fileOf(file), sequenceFloor: floor };
}

function apply(model: LifecycleModel, change: LifecycleChange): LifecycleModel {
  switch (change.kind) {
    case "advance":
      return { ...model, lifecycle: change.to, file: change.to === "decommissioned" ? undefined : model.file };
    case "store":
      return { ...model, file: change.sequence, floor: change.sequence + 1 };
    case "clear":
      return { ...model, file: undefined, floor: Math.max(model.floor, (change.sequence ?? -1) + 1) };
  }
}

function violated(message: string): never {
  throw new PropertyViolation(message);
}
