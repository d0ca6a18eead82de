/** What it costs in flash that errors on a device know file and line: byte code with and without positions. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readByteCode } from "../build/byte-code.ts";
import { lastLine, runCommand } from "../setup/run-command.ts";
import { BenchError } from "./bench-error.ts";

/** Bytes of byte code of the same modules. */
export interface PositionCost {
  readonly withPositions: number;
  readonly withoutPositions: number;
}

/**
 * Compiles the modules that a build left in `folder` once more without FILE and LINE operations.
 *
 * @throws BenchError bench-failed
 */
export async function positionCost(folder: string, compiler: string): Promise<PositionCost> {
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-positions-"));
  const length = (path: string) => readByteCode(path).code.length;
  try {
    let withPositions = 0;
    let withoutPositions = 0;
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith(".xsb"))
      .sort()) {
      const base = join(folder, file.slice(0, -".xsb".length));
      const output = join(scratch, "module.xsb");
      const args = ["--no-positions", `${base}.js`, `${base}.js.map`, file, output];
      const { exitCode, stderr } = await runCommand(compiler, args);
      if (exitCode !== 0) throw new BenchError("bench-failed", `${file}: ${lastLine(stderr)}`);
      withPositions += length(join(folder, file));
      withoutPositions += length(output);
    }
    return { withPositions, withoutPositions };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
