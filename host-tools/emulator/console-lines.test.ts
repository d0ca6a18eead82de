/** Tests of cutting a console into lines and waiting for them. */
import { describe, expect, it } from "vitest";
import { ConsoleLines, MAXIMUM_LINE_LENGTH } from "./console-lines.ts";

function linesOf(...chunks: string[]): ConsoleLines {
  const lines = new ConsoleLines();
  for (const chunk of chunks) lines.push(Buffer.from(chunk));
  return lines;
}

describe("ConsoleLines", () => {
  it("joins chunks and accepts both line ends", () => {
    const lines = linesOf("a", "b\r", "\nc\n\n", "d");
    expect(lines.all).toEqual(["ab", "c", ""]);
    lines.end("ended");
    expect(lines.all).toEqual(["ab", "c", "", "d"]);
  });

  it("keeps characters whole that arrive in two chunks", () => {
    const lines = new ConsoleLines();
    const bytes = Buffer.from("°C\n");
    lines.push(bytes.subarray(0, 1));
    lines.push(bytes.subarray(1));
    expect(lines.all).toEqual(["°C"]);
  });

  it("cuts lines without end", () => {
    const lines = linesOf("x".repeat(3 * MAXIMUM_LINE_LENGTH));
    lines.end("ended");
    expect(lines.all.every((line) => line.length <= MAXIMUM_LINE_LENGTH)).toBe(true);
  });

  it("finds lines from before a wait, each only once", async () => {
    const lines = linesOf("one\ntwo\ntwo\n");
    const two = (line: string) => (line === "two" ? line : undefined);
    expect(await lines.waitFor(two, 100)).toBe("two");
    expect(await lines.waitFor(two, 100)).toBe("two");
    const third = lines.waitFor(two, 1000);
    lines.push(Buffer.from("three\ntwo\n"));
    expect(await third).toBe("two");
  });

  it("fails in time, with the last lines", async () => {
    await expect(linesOf("one\n").waitFor(() => undefined, 10)).rejects.toMatchObject({
      code: "console-timeout",
      message: 'expected a line on the console, found nothing in 10 ms; last lines: "one"',
    });
  });

  it("fails at the end, after looking at the last line", async () => {
    const lines = linesOf("la");
    const last = lines.waitFor((line) => (line === "last" ? line : undefined), 1000);
    const never = lines.waitFor((line) => (line === "never" ? line : undefined), 1000);
    lines.push(Buffer.from("st"));
    lines.end("ended with code 1");
    expect(await last.catch(() => "none")).toBe("last");
    await expect(never).rejects.toMatchObject({
      code: "emulator-exited",
      message: expect.stringContaining("ended with code 1"),
    });
  });

  it("hands on what a matcher throws", async () => {
    const failure = new Error("bad line");
    await expect(
      linesOf("one\n").waitFor(() => {
        throw failure;
      }, 100),
    ).rejects.toBe(failure);
  });
});
