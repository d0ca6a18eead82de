/** The test runtime: what it does depends on why the board was reset. */
import { write } from "native:console";
import { call } from "native:root";
import { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";
import { runTrials } from "../../boards/drivers/trial.ts";
import { firstTrials, secondTrials, thirdTrials } from "./trials.ts";

/** Called once by C. */
export default function main(): void {
  run(new RootOfTrust(call)).catch((error: unknown) => write(`test fail run ${String(error)}\r\n`));
}

async function run(root: RootOfTrust): Promise<void> {
  const { bootCount } = root.state();
  root.feedWatchdog(120_000);
  if (bootCount === 1) {
    await runTrials(firstTrials(root));
    root.reset("requested");
  } else if (bootCount === 2) {
    await runTrials(secondTrials(root));
    root.feedWatchdog(1000);
    for (;;);
  }
  await runTrials(thirdTrials(root));
  write("test done\r\n");
}
