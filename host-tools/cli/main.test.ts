import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { type CommandContext, CommandError } from "./context.ts";
import { runProgram } from "./main.ts";
import { Output } from "./output.ts";

class LayerError extends Error {
  readonly code = "bad-layer";
}

function register(program: Command, { output }: CommandContext): void {
  const sample = program.command("sample").requiredOption("--board <name>", "board");
  sample.addHelpText("after", "\nExamples:\n  holdfast sample --board a").action(({ board }: { board: string }) => {
    if (board === "check") throw new CommandError("check-failed", "expected a, found b", 1);
    if (board === "slow") throw new CommandError("too-slow", "expected 1 s, found 2 s", 3);
    if (board === "layer") throw new LayerError("expected c, found d");
    if (board === "bug") throw new TypeError("undefined is not a function");
    output.line(`board ${board}`);
    output.result({ board });
  });
  program.command("silent").action(() => {});
  program
    .command("group")
    .command("inner")
    .action(() => {});
}

async function run(...args: string[]) {
  let out = "";
  let error = "";
  const output = new Output({
    json: args.includes("--json"),
    colour: false,
    out: { write: (text: string) => (out += text) },
    error: { write: (text: string) => (error += text) },
  });
  const exitCode = await runProgram({ output, root: "/nowhere" }, args, [register]);
  return { exitCode, out, error };
}

describe("exit codes", () => {
  it.each([
    ["success", ["sample", "--board", "a"], 0, ""],
    ["a failed check", ["sample", "--board", "check"], 1, "holdfast: expected a, found b\n"],
    ["a time-out", ["sample", "--board", "slow"], 3, "holdfast: expected 1 s, found 2 s\n"],
    ["an error of a lower layer", ["sample", "--board", "layer"], 2, "holdfast: expected c, found d\n"],
    ["an unknown verb", ["nope"], 2, "holdfast: unknown command 'nope' (see --help)\n"],
    ["an unknown option", ["silent", "--nope"], 2, "holdfast: unknown option '--nope' (see --help)\n"],
    ["a missing option", ["sample"], 2, "holdfast: required option '--board <name>' not specified (see --help)\n"],
  ])("%s", async (_, args, exitCode, error) => {
    expect(await run(...args)).toMatchObject({ exitCode, error });
  });

  it("shows the stack of a mistake in the tools", async () => {
    const { exitCode, error } = await run("sample", "--board", "bug");
    expect(exitCode).toBe(2);
    expect(error).toContain("main.test.ts");
  });

  it("prints help on standard output with 0, and on standard error with 2 when the verb is missing", async () => {
    expect(await run("--help")).toMatchObject({ exitCode: 0, error: "", out: expect.stringContaining("Examples:") });
    expect(await run()).toMatchObject({ exitCode: 2, out: "", error: expect.stringContaining("Usage:") });
  });
});

describe("--json", () => {
  it("prints one object", async () => {
    expect(await run("sample", "--board", "a", "--json")).toEqual({ exitCode: 0, out: '{"board":"a"}\n', error: "" });
  });

  it("prints an object for a verb without result", async () => {
    expect((await run("silent", "--json")).out).toBe("{}\n");
  });

  it.each([
    ["check-failed", ["sample", "--board", "check", "--json"]],
    ["bad-layer", ["sample", "--board", "layer", "--json"]],
    ["usage", ["nope", "--json"]],
  ])("prints the error %s as the object", async (code, args) => {
    const { out } = await run(...args);
    expect(JSON.parse(out).error.code).toBe(code);
  });

  it.each([
    ["without a verb", ["--json"]],
    ["without the verb of a group", ["group", "--json"]],
  ])("prints a usage error as the object %s", async (_, args) => {
    const { exitCode, out } = await run(...args);
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toEqual({ error: { code: "usage", message: "expected a verb, found none (see --help)" } });
  });

  it("may stand before the verb", async () => {
    expect(await run("--json", "sample", "--board", "a")).toMatchObject({ exitCode: 0, out: '{"board":"a"}\n' });
  });

  it("prints help as one object", async () => {
    const { exitCode, out, error } = await run("sample", "--help", "--json");
    expect([exitCode, error]).toEqual([0, ""]);
    expect(JSON.parse(out)).toEqual({ text: expect.stringMatching(/^Usage: holdfast sample[\s\S]*Examples:/) });
  });
});
