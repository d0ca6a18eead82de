/** The steps that scenarios are made of. */
import { SlotError } from "../../bootloader/slots/slot-error.ts";
import { PowerCut } from "./flash-errors.ts";
import type { SimulatedImage } from "./simulated-images.ts";
import type { Tear } from "./tears.ts";
import { PropertyViolation } from "./truth.ts";
import type { World } from "./world.ts";

/** One thing that happens to a device. */
export interface Step {
  readonly name: string;
  readonly run: (world: World) => void;
  /** True for a step that is not cut: it stands for a state that things have already come to. */
  readonly isAtomic?: boolean;
}

/** A power cycle. */
export const boot: Step = { name: "boot", run: (world) => world.boot() };

/** What runs says that all is well. */
export const confirm: Step = { name: "confirm", run: (world) => world.confirm() };

/** An update of the runtime up to the request for its test. */
export const upload = (signed: SimulatedImage): Step => ({
  name: `upload ${signed.name}`,
  run: (world) => world.upload("runtime", signed),
});

/** An update of the runtime that goes no further than its erase. */
export const eraseOther: Step = {
  name: "erase the other runtime",
  run: (world) => {
    const own = world.running.at(-1)?.checked.name ?? "";
    world.truth.erasing("runtime", own);
    world.openUpload("runtime").erase();
    world.truth.erased("runtime", own);
  },
};

/** The same of the root of trust. */
export const uploadRoot = (signed: SimulatedImage): Step => ({
  name: `upload ${signed.name}`,
  run: (world) => world.upload("root", signed),
});

/** A step that the device must refuse, and nothing of it may be left. */
export const refused = (step: Step, code: SlotError["code"]): Step => ({
  name: `${step.name}, refused`,
  run: (world) => {
    try {
      step.run(world);
    } catch (error) {
      if (error instanceof SlotError && error.code === code) return;
      throw error;
    }
    throw new PropertyViolation(`${step.name} was not refused with ${code}`);
  },
});

/** A confirm that got as far as the runtime's image_ok. */
export const confirmRuntimeOnly: Step = {
  name: "confirm, cut after the runtime's image_ok",
  isAtomic: true,
  run: (world) => {
    world.truth.confirming(world.running);
    for (const { pair, slot } of world.running) world.log.select(pair.image, slot);
    world.pairs.runtime[world.running.at(-1)?.slot ?? "a"].confirm();
  },
};

/** An upload that was cut in the mark that announces its erase, which from now on reads as written every other time. */
export const uploadCutInDoubt = (signed: SimulatedImage): Step => ({
  name: `upload ${signed.name}, cut in its first mark`,
  isAtomic: true,
  run: (world) => {
    world.chip.plan({ operation: ERASE_MARK, tear: IN_DOUBT });
    try {
      world.upload("runtime", signed);
    } catch (error) {
      if (error instanceof PowerCut) return;
      throw error;
    }
    throw new PropertyViolation("the upload ended before its cut");
  },
});

/** The operation of an upload that announces its erase: two marks vouch for the slot that runs, then two for this. */
const ERASE_MARK = 2;
const IN_DOUBT: Tear = { name: "in doubt", hits: () => true, modes: ["flicker"], erase: "ones" };
