/** Tests of collecting bytes into commands. */
import { describe, expect, it } from "vitest";
import { CommandLine } from "./command-line.ts";

/** The commands that a text gives, sent byte by byte. */
function commandsOf(text: string): string[] {
  const line = new CommandLine();
  return [...Buffer.from(text, "latin1")].map((byte) => line.take(byte)).filter((command) => command !== undefined);
}

describe("CommandLine", () => {
  it.each<[string, string, readonly string[]]>([
    ["a line", "temperature\n", ["temperature"]],
    ["several lines", "a\nb\n", ["a", "b"]],
    ["no unfinished line", "temper", []],
    ["no empty line", "\n\n", []],
    ["a line without its control characters and bytes above ASCII", "\x1b[A\tb\x7f\xe9\r\n", ["[Ab"]],
    ["a line of 64 characters", `${"x".repeat(64)}\n`, ["x".repeat(64)]],
    ["no line of 65 characters, and the one behind it", `${"x".repeat(65)}\nok\n`, ["ok"]],
    ["no endless line", "x".repeat(10_000), []],
  ])("gives %s", (_what, text, commands) => {
    expect(commandsOf(text)).toEqual(commands);
  });
});
