/** The simulator in a thread of its own, so that the command line stays responsive. */
import { parentPort, workerData } from "node:worker_threads";
import type { SimulatorMessage } from "../../host-tools/powerfail/simulator.ts";
import { runPowerfail } from "./powerfail-run.ts";

function post(message: SimulatorMessage): void {
  parentPort?.postMessage(message);
}

try {
  const report = runPowerfail(workerData, (scenario, cases) => post({ kind: "progress", scenario, cases }));
  post({ kind: "report", report });
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  post({ kind: "refused", message: error.message });
}
