/** The same sources and key give the same bytes wherever they lie, and a build makes nothing that it need not make. */
import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE_ROLES } from "../../host-tools/build/board.ts";
import { freezeBoard } from "../../host-tools/build/build.ts";
import { singleBuildKey } from "../../host-tools/keys/build-keys.ts";
import { loadSigningKey } from "../../host-tools/keys/key-file.ts";
import { findCommand } from "../../host-tools/setup/debian-packages.ts";
import { changedPaths, emptyFolder, snapshot } from "./command-line.ts";
import { repository } from "./freeze-fixture.ts";

/** The board that is built twice from nothing, and the one of which everything but C is compared. */
const [BOARD, OTHER] = ["virt-rv32", "virt-a7"] as const;

const scratch = mkdtempSync(join(tmpdir(), "holdfast-determinism-"));
/** A second checkout, at a path of another length. */
const copy = join(scratch, "a", "second", "checkout");
const here = emptyFolder("determinism");
const key = join(scratch, "key.pem");
const log = join(scratch, "compilers.log");
const wrappers = join(scratch, "wrappers");

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Builds in a checkout; every compiler that is started leaves a line in the log. */
function build(root: string, args: readonly string[] = []): void {
  writeFileSync(log, "");
  const { status, stderr } = spawnSync(join(root, "holdfast"), ["build", "--board", BOARD, "--key", key, ...args], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${wrappers}:${process.env.PATH}` },
    timeout: 300_000,
  });
  expect(status, stderr).toBe(0);
}

/** What compilers were started for, without the questions that set-up asks them. */
const started = (): string[] =>
  readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.includes("-print-file-name"))
    .map((line) => {
      const source = / -c (\S+)/.exec(line)?.[1];
      if (source !== undefined) return `compile ${source.slice(source.lastIndexOf("/") + 1)}`;
      return line.startsWith("riscv64-unknown-elf-gcc") ? "link" : (line.split(" ")[0] ?? "");
    })
    .sort();

const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

beforeAll(() => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  writeFileSync(key, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
  mkdirSync(wrappers);
  for (const name of ["gcc", "nm", "riscv64-unknown-elf-gcc", "riscv64-unknown-elf-objcopy"]) {
    const text = `#!/bin/sh\necho "${name} $*" >> ${log}\nexec ${findCommand(name)} "$@"\n`;
    writeFileSync(join(wrappers, name), text, { mode: 0o755 });
  }
  mkdirSync(copy, { recursive: true });
  const files = "git ls-files -z --cached --others --exclude-standard -x node_modules";
  const packed = spawnSync(
    "sh",
    ["-c", `${files} | xargs -0 ls -d 2>/dev/null | tar -cf - -T - | tar -C ${copy} -xf -`],
    {
      cwd: repository,
      encoding: "utf8",
    },
  );
  expect(packed.status, packed.stderr).toBe(0);
  symlinkSync(join(repository, "node_modules"), join(copy, "node_modules"));
  build(copy);
  build(repository, ["--folder", here]);
}, 400_000);

describe("two checkouts give the same bytes", () => {
  const there = join(copy, "build", BOARD);

  it.each(["rom.img", "root.img", "runtime.img", "flash/bank0.img", "flash/bank1.img"])("of %s", (name) => {
    expect(digest(join(there, name))).toBe(digest(join(here, name)));
  });

  it("of the other board's frozen roots, byte code and archive", async () => {
    const keys = singleBuildKey(loadSigningKey(key));
    const options = { board: OTHER, keys, progress: () => {} };
    const folders = [join(scratch, "other-here"), join(copy, "build", "other")] as const;
    const first = await freezeBoard({ ...options, root: repository, folder: folders[0] });
    const second = await freezeBoard({ ...options, root: copy, folder: folders[1] });
    expect(Buffer.from(second.archive).equals(first.archive)).toBe(true);
    for (const role of IMAGE_ROLES)
      expect(digest(second.roles[role].frozenRoot.source)).toBe(digest(first.roles[role].frozenRoot.source));
    const made = folders.map((folder) =>
      [...snapshot(folder).keys()].filter((path) => /\.(?:xsb|c)$/.test(path)).sort(),
    );
    expect(made[1]).toEqual(made[0]);
    expect(made[0]?.length).toBeGreaterThan(20);
    for (const path of made[0] ?? []) expect(digest(join(folders[1], path)), path).toBe(digest(join(folders[0], path)));
  }, 120_000);
});

describe("a build makes only what is stale", () => {
  const folder = join(copy, "build");
  /** Paths below build/ that a build changed, apart from the type check's own, and what compilers it started. */
  const rebuild = (change: () => void): { changed: string[]; started: string[] } => {
    const before = snapshot(folder);
    change();
    build(copy);
    const changed = changedPaths(before, snapshot(folder)).filter((path) => !path.includes("/types/"));
    return { changed, started: started() };
  };
  const edit = (path: string, change: (text: string) => string) => (): void =>
    writeFileSync(join(copy, path), change(readFileSync(join(copy, path), "utf8")));
  const images = (): string[] =>
    ["rom.img", "root.img", "runtime.img"].map((name) => digest(join(folder, BOARD, name)));
  const FLASH = [`${BOARD}/flash/bank0.img`, `${BOARD}/flash/bank0.img.step`, `${BOARD}/flash/bank1.img`];
  const APP = "firmware/apps/thermometer/thermometer.ts";
  let first: string[];
  beforeAll(() => {
    first = images();
  });

  it("nothing when nothing changed", () => {
    expect(rebuild(() => {})).toEqual({ changed: [], started: [] });
  });

  it("no image for a comment that moves no line of an app", () => {
    expect(rebuild(edit(APP, (text) => `${text}// a comment\n`))).toEqual({ changed: [], started: [] });
  });

  it("the module and the image for a changed app", () => {
    const { changed, started } = rebuild(edit(APP, (text) => `${text}export const added = 1;\n`));
    const module = `${BOARD}/app/modules/thermometer`;
    const outputs = [".js", ".js.map", ".xsb", ".xsb.step"].map((ending) => `${module}${ending}`);
    const wanted = [...outputs, ...FLASH, `${BOARD}/runtime.img`, `${BOARD}/runtime-b.img`];
    expect({ changed, started }).toEqual({ changed: wanted.sort(), started: [] });
    const [rom, root, runtime] = images();
    expect([rom, root]).toEqual(first.slice(0, 2));
    expect(runtime).not.toBe(first[2]);
  });

  it("the first image again when the change is undone", () => {
    rebuild(edit(APP, (text) => text.replace(/\/\/ a comment\nexport const added = 1;\n$/, "")));
    expect(images()).toEqual(first);
  });

  it("the runtime's root and image for a changed runtime, and nothing of the stages below", () => {
    const { changed, started } = rebuild(edit("firmware/failure.ts", (text) => `\n${text}`));
    const copy = "riscv64-unknown-elf-objcopy";
    expect(started).toEqual(["compile root.c", "link", "link", copy, copy]);
    expect(changed.filter((path) => /\/(?:rom|root)-[0-9a-f]|\/shared|\/objects\/(?!root-)/.test(path))).toEqual([]);
    expect(changed).toEqual(expect.arrayContaining([`${BOARD}/runtime/root/root.c`, `${BOARD}/runtime.img`]));
  });

  it("an object and no image for a comment in C", () => {
    const before = images();
    const { started } = rebuild(edit("hal/native/console/console.c", (text) => `${text}/* a comment */\n`));
    expect(started).toEqual(["compile console.c", "compile console.c", "compile console.c"]);
    expect(images()).toEqual(before);
  });

  it("what is gone", () => {
    const before = images();
    const { changed, started } = rebuild(() => rmSync(join(folder, BOARD, "runtime", "runtime.elf")));
    expect(started).toEqual(["link"]);
    expect(changed).toEqual(expect.arrayContaining([`${BOARD}/runtime/runtime.elf`]));
    expect(images()).toEqual(before);
  });
});
