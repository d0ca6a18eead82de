import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manifestOf, repository } from "../../test/build/freeze-fixture.ts";
import { type Board, loadBoard } from "./board.ts";
import { linkProgram, type Program } from "./program.ts";
import { OutputFileError } from "./replace-file.ts";
import { forgetFile } from "./step.ts";
import { deviceSources } from "./xs-sources.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-program-"));
  write("root/root.c", "int root;\n");
  setCompiler();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  forgetFile(path);
  return path;
}

/** A compiler that writes what it was asked for; when it links, it first runs `link`, and `copy` when it makes the payload. */
function setCompiler(link = "", copy = ""): void {
  const gcc = `#!/bin/sh
for argument; do
  case $previous in -o) output=$argument ;; -MF) dependencies=$argument ;; -c) source=$argument ;; esac
  case $argument in -Wl,-Map=*) map=\${argument#-Wl,-Map=} ;; esac
  previous=$argument
done
if [ -n "$source" ]; then echo "object: $source" > "$dependencies"; cp "$source" "$output"; exit; fi
echo map > "$map"
${link}
echo "$@" | tr ' ' '\\n' | grep -c '[.]o$' > "$output"
`;
  for (const [name, text] of [
    ["x-gcc", gcc],
    ["x-objcopy", `#!/bin/sh\n${copy}\ncp "$3" "$4"\n`],
  ] as const)
    chmodSync(write(name, text), 0o755);
}

/** A board whose compiler is ours. */
function board(): Board {
  const loaded = loadBoard(repository, "virt-rv32");
  return { ...loaded, cpu: { ...loaded.cpu, compilerPrefix: join(folder, "x-") } };
}

const link = (): Promise<Program> =>
  linkProgram({
    board: board(),
    role: "runtime",
    slot: "a",
    manifest: manifestOf({ modules: {} }),
    frozenRoot: {
      source: join(folder, "root", "root.c"),
      hash: new Uint8Array(32),
      keys: [],
      modules: new Set(),
      authority: new Set(),
      closed: undefined,
    },
    root: repository,
    folder,
    sharedFolder: join(folder, "shared"),
    progress: () => {},
  });

const failure = async (said: string): Promise<{ code: string; message: string }> => {
  setCompiler(`echo "${said}" >&2\nprintf half > "$output"\nexit 1`);
  const error: unknown = await link().catch((each: unknown) => each);
  expect(readdirSync(folder).filter((name) => name.includes("draft"))).toEqual([]);
  return error as { code: string; message: string };
};

describe("linkProgram", () => {
  it("links the objects of XS, of the manifest and of the root", async () => {
    const { elf, payload } = await link();
    expect(Number(readFileSync(elf, "utf8"))).toBe(deviceSources(repository).length + 2);
    expect(readFileSync(payload)).toEqual(readFileSync(elf));
  });

  it("does not link again when nothing changed", async () => {
    await link();
    setCompiler("exit 1", "exit 1");
    await expect(link()).resolves.toBeDefined();
  });

  it.each([
    [
      "too-large",
      "ld: x.elf section `.text' will not fit in region `flash'",
      "virt-rv32 runtime: x.elf section `.text' will not fit in region `flash'",
    ],
    [
      "too-large",
      "ld: region `flash' overflowed by 12 bytes",
      "virt-rv32 runtime: region `flash' overflowed by 12 bytes",
    ],
    [
      "too-large",
      "ld: runtime image of virt-rv32: expected at most 9 bytes in the image region",
      "virt-rv32 runtime: runtime image of virt-rv32: expected at most 9 bytes in the image region",
    ],
    [
      "link-failed",
      "ld: a.o: in function `main':\na.c:3: undefined reference to `absent'\ncollect2: error: ld returned 1 exit status",
      "virt-rv32 runtime: a.c:3: undefined reference to `absent'",
    ],
    [
      "link-failed",
      "collect2: error: ld returned 1 exit status",
      "virt-rv32 runtime: collect2: error: ld returned 1 exit status",
    ],
  ])("is %s when the linker says %j", async (code, said, message) => {
    expect(await failure(said.replaceAll("`", "\\`"))).toMatchObject({ code, message });
    expect(existsSync(join(folder, "runtime.elf"))).toBe(false);
  });

  it("keeps the last good program when it fails, and links again then", async () => {
    const { elf } = await link();
    const before = readFileSync(elf);
    write("root/root.c", "int other;\n");
    expect(await failure("ld: cannot open output file: No space left on device")).toBeInstanceOf(OutputFileError);
    expect(readFileSync(elf)).toEqual(before);
    write("root/root.c", "int root;\n");
    setCompiler('echo again > "$output"; exit 0');
    await link();
    expect(readFileSync(elf, "utf8")).toBe("again\n");
  });

  it("leaves no half of a payload", async () => {
    setCompiler("", 'printf half > "$4"; echo "objcopy: no room" >&2; exit 1');
    await expect(link()).rejects.toMatchObject({ code: "link-failed", message: expect.stringContaining("no room") });
    expect(readdirSync(folder).filter((name) => name.startsWith("runtime.bin"))).toEqual([]);
  });

  it("writes no absolute path into what is compiled", async () => {
    await link();
    const files = readdirSync(join(folder, "generated"), { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const { name } of files)
      expect(readFileSync(join(folder, "generated", name), "utf8")).not.toContain(repository);
  });
});
