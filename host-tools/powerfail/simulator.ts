/** Bundles the power-fail simulator with the slot code as it is, or deliberately weakened, and runs it. */

import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build, type Plugin } from "esbuild";
import { joinReports, type PowerfailOptions, type PowerfailReport } from "./report.ts";

/** A change of one source file that takes a rule away, to see whether the simulator notices. */
export interface Weakening {
  /** The rule that is broken, for people. */
  readonly rule: string;
  /** Path of the source file from the repository's root. */
  readonly path: string;
  /** Text that must be there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** What the worker says. */
export type SimulatorMessage =
  | { readonly kind: "progress"; readonly scenario: string; readonly cases: number }
  | { readonly kind: "report"; readonly report: PowerfailReport }
  | { readonly kind: "refused"; readonly message: string };

/** Called every few hundred cases. */
export type ProgressListener = (scenario: string, cases: number) => void;

/** Threads of a long run; what they share out are scenarios. */
const LONG_THREADS = 2;

/**
 * Runs the simulator in a thread of its own, or in two when the run is long.
 * @throws RangeError for options that name something that does not exist
 */
export async function runSimulator(
  root: string,
  options: PowerfailOptions,
  onProgress: ProgressListener,
): Promise<PowerfailReport> {
  const path = join(root, "build", "powerfail", `worker-${process.pid}.mjs`);
  await bundle(root, "test/powerfail/worker.ts", path, []);
  const of = options.isLong ? LONG_THREADS : 1;
  const cases = new Array<number>(of).fill(0);
  const shares = cases.map((_, index) => {
    const listener: ProgressListener = (scenario, count) => {
      cases[index] = count;
      onProgress(
        scenario,
        cases.reduce((sum, other) => sum + other, 0),
      );
    };
    return runWorker(path, { ...options, share: { index, of } }, listener);
  });
  try {
    return joinReports(await Promise.all(shares.map(({ report }) => report)));
  } finally {
    await Promise.all(shares.map(({ worker }) => worker.terminate()));
    await rm(path, { force: true });
  }
}

function runWorker(path: string, options: PowerfailOptions, onProgress: ProgressListener) {
  const worker = new Worker(path, { workerData: options });
  const report = new Promise<PowerfailReport>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("expected a report from the simulator, found its end")));
    worker.on("message", (message: SimulatorMessage) => {
      if (message.kind === "progress") onProgress(message.scenario, message.cases);
      else if (message.kind === "report") resolve(message.report);
      else reject(new RangeError(message.message));
    });
  });
  return { worker, report };
}

/**
 * Bundles a module of the simulator with weakenings applied.
 * @param path where the bundle goes
 * @throws Error when a text to be replaced is not there exactly once: the weakening has to follow the code
 */
export async function bundle(
  root: string,
  entry: string,
  path: string,
  weakenings: readonly Weakening[],
): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    logLevel: "error",
    plugins: [weaken(root, weakenings)],
  });
}

function weaken(root: string, weakenings: readonly Weakening[]): Plugin {
  const byPath = new Map<string, string>();
  for (const { path, find, replace } of weakenings) {
    const absolute = join(root, path);
    const text = byPath.get(absolute) ?? readFileSync(absolute, "utf8");
    const parts = text.split(find);
    if (parts.length !== 2)
      throw new Error(`expected ${JSON.stringify(find)} once, found ${parts.length - 1} in ${path}`);
    byPath.set(absolute, parts.join(replace));
  }
  return {
    name: "weaken",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = byPath.get(path);
        return contents === undefined ? undefined : { contents, loader: "ts" };
      });
    },
  };
}
