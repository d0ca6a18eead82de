/** Brings a machine to where it can build, boot and test; the one entry point for verbs. */

import type { Output } from "../cli/output.ts";
import { ensurePackages } from "./debian-packages.ts";
import { ensureJudges } from "./judges.ts";
import { SetupError } from "./setup-error.ts";
import { ensureSources } from "./sources.ts";

/**
 * `npm`: the npm packages; host-tools/launch.mjs has installed them before any verb runs.
 * `debian`: compilers, emulators and small tools. `sources`: mbedTLS and lwIP. `judges`: imgtool.
 */
export type Need = "npm" | "debian" | "sources" | "judges";

type SetupOutput = Pick<Output, "progress" | "warn">;

/**
 * Makes sure of `needs`, says what it does while it does it, and is silent when there is nothing to do (under a second, no
 * network). Missing judges are a loud warning, not an error: tests that need them skip, and say so.
 * @throws SetupError with one line that says what to run or which variable to set
 */
export async function ensureEnvironment(needs: readonly Need[], output: SetupOutput): Promise<void> {
  if (needs.includes("debian")) await ensurePackages(output);
  if (needs.includes("sources")) await ensureSources(output);
  if (needs.includes("judges")) await ensureJudgesOrWarn(output);
}

async function ensureJudgesOrWarn(output: SetupOutput): Promise<void> {
  try {
    await ensureJudges(output);
  } catch (error) {
    // A build machine must not pass by skipping.
    if (!(error instanceof SetupError) || process.env.CI) throw error;
    output.warn(`${error.message}. TESTS THAT COMPARE WITH IMGTOOL WILL SKIP.`);
  }
}
