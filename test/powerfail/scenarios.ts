/** What devices go through when power fails: each scenario a factory state and steps, any of which may be cut. */

import { judge } from "./judge.ts";
import type { Trial } from "./scenario-run.ts";
import {
  boot,
  confirm,
  confirmRuntimeOnly,
  eraseOther,
  refused,
  type Step,
  upload,
  uploadCutInDoubt,
  uploadRoot,
} from "./scenario-steps.ts";
import { type ImageClaims, SimulatedImage } from "./simulated-images.ts";
import { World, type WorldOptions } from "./world.ts";

/** A table of steps on a device of a certain make. */
export interface Scenario {
  readonly name: string;
  /** What is at stake. */
  readonly about: string;
  readonly options: Pick<WorldOptions, "stateByteLength" | "tryLimit" | "hasRoot">;
  readonly images: readonly SimulatedImage[];
  /** The factory state, before any step. */
  readonly install: (world: World) => void;
  readonly steps: readonly Step[];
  /** Number of first steps that another scenario has as well: a short run does not cut them again. */
  readonly repeats?: number;
  /** An image that must still be installable afterwards, whatever happened. */
  readonly next: SimulatedImage;
}

const image = (name: string, claims: Omit<ImageClaims, "name">): SimulatedImage =>
  new SimulatedImage({ name, ...claims });

const first = image("runtime 1", { version: "1.0.0", counter: 1, keyEpoch: 0 });
const second = image("runtime 2", { version: "2.0.0", counter: 1, keyEpoch: 0, byteLength: 321 });
const raised = image("runtime 3", { version: "3.0.0", counter: 2, keyEpoch: 0 });
const rekeyed = image("runtime 4", { version: "4.0.0", counter: 2, keyEpoch: 1, byteLength: 296 });
const leaping = image("runtime 5", { version: "5.0.0", counter: 500, keyEpoch: 7 });
const older = image("runtime 0", { version: "0.9.0", counter: 1, keyEpoch: 0 });
const last = image("runtime 9", { version: "9.0.0", counter: 500, keyEpoch: 7, byteLength: 400 });
const firstRoot = image("root 1", { version: "1.0.0", counter: 1, keyEpoch: 0 });
const secondRoot = image("root 2", { version: "2.0.0", counter: 2, keyEpoch: 1, needsRuntime: "2.0.0" });
const equalRoot = image("root 1b", { version: "2.0.0", counter: 1, keyEpoch: 0, byteLength: 310 });
const onSecondRoot = image("runtime 2 on root 2", { version: "2.0.1", counter: 2, keyEpoch: 0, needsRoot: "2.0.0" });

const runtimeImages = [first, second, raised, rekeyed, leaping, older, last];
/** A device with a runtime only, small state sectors, one try. */
const plain = { stateByteLength: 512, tryLimit: 1, hasRoot: false };
/** The same with room for many steps, so that a mark is written in place. */
const roomy = { ...plain, stateByteLength: 2048 };
const installFirst = (world: World): void => world.install("runtime", "a", first);
const runtimeOnly = { options: plain, images: runtimeImages, install: installFirst, next: last };

/** All scenarios, by name. */
export const SCENARIOS: readonly Scenario[] = [
  { ...runtimeOnly, name: "first-boot", about: "the factory's image makes its first start", steps: [boot, boot] },
  {
    ...runtimeOnly,
    name: "update",
    about: "upload, test, confirm, and start of an image with the same counter",
    steps: [boot, upload(second), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "counter-raise",
    about: "the confirmed image makes its predecessor unbootable",
    steps: [boot, upload(raised), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "key-revoke",
    about: "the confirmed image is signed by a key of a newer epoch, which revokes the older key",
    steps: [boot, upload(rekeyed), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "counter-leap",
    about: "counter and key epoch rise by more than a thermometer has steps",
    steps: [boot, upload(leaping), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "revert",
    repeats: 3,
    about: "an image that never confirms, and another try with the next",
    steps: [boot, upload(second), boot, boot, upload(raised), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "three-tries",
    repeats: 2,
    about: "an image may fail twice before it confirms",
    options: { ...plain, tryLimit: 3 },
    steps: [boot, upload(second), boot, boot, boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "overwrite-confirmed",
    repeats: 4,
    about: "the slot that is erased holds an image that was confirmed and may start",
    steps: [boot, upload(second), boot, confirm, boot, upload(raised), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "downgrade",
    about: "an older version with a counter that is high enough, tested and confirmed",
    steps: [boot, upload(older), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "select",
    repeats: 4,
    about: "the owner goes back to the confirmed image in the other slot, and forth again",
    steps: [
      boot,
      upload(second),
      boot,
      confirm,
      boot,
      { name: "select runtime 1", run: (world) => world.select("runtime", "a", first) },
      boot,
      { name: "select runtime 2", run: (world) => world.select("runtime", "b", second) },
      boot,
    ],
  },
  {
    ...runtimeOnly,
    name: "full-sectors",
    about: "state sectors with one step a counter: nearly every change starts a new record",
    options: { ...plain, stateByteLength: 384 },
    steps: [boot, upload(raised), boot, confirm, boot, upload(rekeyed), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "damaged-active",
    repeats: 5,
    about: "the image that runs loses a bit: its predecessor starts",
    steps: [
      boot,
      upload(second),
      boot,
      confirm,
      boot,
      {
        name: "damage runtime 2",
        run: (world) => {
          world.damage("runtime", "b", 100);
          world.truth.onlyStarts("runtime", first);
        },
      },
      boot,
    ],
  },
  {
    ...runtimeOnly,
    name: "upload-over-request",
    repeats: 2,
    about: "another upload while a test is asked for, given up before its erase",
    options: roomy,
    steps: [boot, upload(raised), uploadCutInDoubt(rekeyed), boot, confirm, boot],
  },
  {
    ...runtimeOnly,
    name: "upload-over-selection",
    repeats: 6,
    about: "an upload into the slot that was just selected, given up before its erase",
    options: roomy,
    steps: [
      boot,
      upload(second),
      boot,
      confirm,
      boot,
      { name: "select runtime 1", run: (world) => world.select("runtime", "a", first) },
      upload(raised),
      boot,
      confirm,
      boot,
    ],
  },
  {
    ...runtimeOnly,
    name: "rollback-refused",
    repeats: 5,
    about: "an image below the counter and one under a revoked key are refused",
    steps: [
      boot,
      upload(rekeyed),
      boot,
      confirm,
      boot,
      refused(upload(older), "image-refused"),
      boot,
      refused(upload(raised), "image-refused"),
      boot,
    ],
  },
  {
    ...runtimeOnly,
    name: "fallback-kept",
    repeats: 3,
    about: "an image on trial tries to overwrite the one that it replaces",
    steps: [boot, upload(second), boot, refused(upload(raised), "running-unconfirmed"), boot],
  },
  {
    name: "root-tested-again",
    repeats: 3,
    about: "a confirmed runtime waits for the root of trust that it needs, whose test fails a second time",
    options: { ...roomy, hasRoot: true },
    images: [firstRoot, secondRoot, onSecondRoot, ...runtimeImages],
    install: (world) => {
      world.install("root", "a", firstRoot);
      installFirst(world);
    },
    steps: [
      boot,
      uploadRoot(secondRoot),
      upload(onSecondRoot),
      boot,
      confirmRuntimeOnly,
      boot,
      uploadRoot(secondRoot),
      boot,
      boot,
    ],
    next: last,
  },
  {
    name: "root-and-runtime",
    about: "a root of trust and a runtime that need each other are tested and confirmed together",
    options: { ...plain, stateByteLength: 1024, hasRoot: true },
    images: [firstRoot, secondRoot, onSecondRoot, ...runtimeImages],
    install: (world) => {
      world.install("root", "a", firstRoot);
      installFirst(world);
    },
    steps: [boot, uploadRoot(secondRoot), upload(onSecondRoot), boot, confirm, boot],
    next: last,
  },
  {
    name: "root-selection",
    repeats: 3,
    about: "a root of trust is asked for that does not start the only runtime left",
    options: { ...roomy, hasRoot: true },
    images: [firstRoot, equalRoot, onSecondRoot, ...runtimeImages],
    install: (world) => {
      world.install("root", "a", firstRoot);
      installFirst(world);
    },
    steps: [
      boot,
      uploadRoot(equalRoot),
      upload(onSecondRoot),
      boot,
      confirm,
      refused({ name: "select root 1", run: (world) => world.select("root", "a", firstRoot) }, "slot-base"),
      eraseOther,
      boot,
    ],
    next: last,
  },
  {
    name: "root-reverts",
    repeats: 3,
    about: "a root of trust and a runtime that need each other fail their test together",
    options: { ...plain, hasRoot: true },
    images: [firstRoot, secondRoot, onSecondRoot, ...runtimeImages],
    install: (world) => {
      world.install("root", "a", firstRoot);
      installFirst(world);
    },
    steps: [boot, uploadRoot(secondRoot), upload(onSecondRoot), boot, boot],
    next: last,
  },
];

/** A scenario as what the simulator runs. */
export function trialOf(scenario: Scenario): Trial<World> {
  const { name, steps, repeats = 0, options } = scenario;
  return {
    name,
    steps,
    repeats,
    furtherTries: options.tryLimit - 1,
    create: (unit, seed) => createWorld(scenario, unit, seed),
    judge: (world, isLong) => judge(world, scenario, isLong),
  };
}

/** A new device of a scenario's make. */
export function createWorld({ options, images, install }: Scenario, unit: number, seed: number): World {
  // Marks of 16 bytes need twice the room for the same number of steps.
  const stateByteLength = unit === 16 ? 2 * options.stateByteLength : options.stateByteLength;
  const world = new World({ ...options, stateByteLength, images, unit, seed });
  install(world);
  return world;
}
