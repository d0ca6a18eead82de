/** Build steps that run only when what they read has changed. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { replaceFile } from "./replace-file.ts";

/** A file's path, or a text that stands for a setting: both decide whether a step is stale. */
export type StepInput = { readonly file: string } | { readonly text: string };

/** SHA-256 of everything that a step reads, in hex. */
export function fingerprint(inputs: Iterable<StepInput>): string {
  const hash = createHash("sha256");
  for (const input of inputs) {
    const bytes = "file" in input ? hashOfFile(input.file) : `text ${input.text}`;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

/**
 * Runs `make` unless `outputs` exist and were made from the same inputs. The fingerprint is removed before `make` runs
 * and written after it succeeded, so a step that was cut off runs again, also for the inputs that it last succeeded with.
 *
 * @param outputs files that `make` writes; the fingerprint lies beside the first
 * @returns true when the step ran
 */
export async function runStep(
  outputs: readonly [string, ...string[]],
  inputs: Iterable<StepInput>,
  make: () => void | Promise<void>,
): Promise<boolean> {
  const stampPath = `${outputs[0]}.step`;
  const wanted = fingerprint(inputs);
  if (outputs.every((path) => existsSync(path)) && readIfPresent(stampPath) === wanted) return false;
  // A step that fails halfway may leave new outputs beside old ones: what it was made from is then unknown.
  rmSync(stampPath, { force: true });
  await make();
  replaceFile(stampPath, wanted);
  return true;
}

const hashes = new Map<string, string>();

/** Files do not change under a running build, so each is read once. */
function hashOfFile(path: string): string {
  const known = hashes.get(path);
  if (known !== undefined) return known;
  const hash = existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "absent";
  hashes.set(path, hash);
  return hash;
}

/** To be called for a file that a step has just written. */
export function forgetFile(path: string): void {
  hashes.delete(path);
}

function readIfPresent(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
