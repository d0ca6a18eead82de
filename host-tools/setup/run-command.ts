/** Runs another program to its end and returns what it said. */

import { spawn } from "node:child_process";

export interface CommandResult {
  /** Exit code; 127 when the program does not exist, 128 when a signal ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Ends the program after this many milliseconds. Default: 15 minutes. */
  readonly timeoutMs?: number;
  /** Receives both streams as they come, for programs that take long. */
  readonly onText?: (text: string) => void;
}

/** Never throws for a program that fails: the exit code tells. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeoutMs ?? 900_000,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      options.onText?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      options.onText?.(text);
    });
    // A program that ends without reading its input is not an error here.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => resolve({ exitCode: 127, stdout, stderr: error.message }));
    child.on("close", (exitCode) => resolve({ exitCode: exitCode ?? 128, stdout, stderr }));
  });
}

/** The last line with text, which is where most programs say what went wrong. */
export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
