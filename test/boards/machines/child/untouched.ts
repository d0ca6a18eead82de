/** Runs after tamper.ts in a new machine and finds the root as it was. */
import { TABLE } from "./shared.ts";

/** Called once. */
export default function run(): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  if ("left" in scope || "polluted" in {}) throw new Error("expected a fresh machine, found another's traces");
  if (TABLE.items.length !== 3 || [1].push(2) !== 2) throw new Error("expected the root as built, found it changed");
}
