/** Mistakes that people make, through the real command line: one clear line, exit code 2, and nothing half-written. */
import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findCommand } from "../../host-tools/setup/debian-packages.ts";
import { changedPaths, DRAFT, emptyFolder, holdfast, snapshot, writeApp } from "./command-line.ts";
import { repository } from "./freeze-fixture.ts";

const BOARD = "virt-rv32";
const APP = `export default function start(): void {}\n`;
const MANIFEST = { modules: { app: "./app" }, creation: { main: "app" } };

interface Mistake {
  readonly name: string;
  /** Files of the app; its folder is `$`. */
  readonly files: Readonly<Record<string, string | object>>;
  /** The whole line on standard error, with `$` for the app's folder. */
  readonly line: RegExp;
  /** Output files that the build had a reason to rewrite before it met the mistake. */
  readonly rewrites?: RegExp;
}

const TYPES = /^app\/types\//;
const MODULES = /^app\/(?:types|modules)\//;
const large = (byteLength: number): string =>
  `${Array.from({ length: byteLength / 4096 }, (_, index) => `export const part${index} = "${"x".repeat(4090)}";`).join("\n")}\n`;

const MISTAKES: readonly Mistake[] = [
  {
    name: "a wrong manifest key",
    files: { "manifest.json": { module: { app: "./app" } }, "app.ts": APP },
    line: /^\$\/manifest\.json: .*"module".*"modules"/,
  },
  {
    name: "a manifest that is no JSON",
    files: { "manifest.json": '{\n  "modules": {,\n}' },
    line: /^\$\/manifest\.json:2:15: expected .*, found/,
  },
  { name: "a missing manifest", files: {}, line: /^\$\/manifest\.json: expected a manifest file, found ENOENT$/ },
  {
    name: "a manifest entry without a file",
    files: { "manifest.json": MANIFEST },
    line: /^\$\/manifest\.json: modules\.app: expected "\$\/app" to name a file ending in .*, found none$/,
  },
  {
    name: "a main module that is not there",
    files: { "manifest.json": { ...MANIFEST, creation: { main: "start" } }, "app.ts": APP },
    line: /^\$\/manifest\.json: creation\.main: expected the name of a module of this manifest, found "start"$/,
  },
  {
    name: "an import that is not in the manifest",
    files: { "manifest.json": MANIFEST, "app.ts": `import "./other.ts";\n${APP}`, "other.ts": "export {};\n" },
    line: /^\$\/app\.ts: expected the import "\.\/other\.ts" to be a module of the manifest, found none; add "modules": \{"\*": "\.\/other"\} to \$\/manifest\.json$/,
    rewrites: MODULES,
  },
  {
    name: "an import that neither app nor runtime has",
    files: { "manifest.json": MANIFEST, "app.ts": `// @ts-ignore\nimport "sensors/absent";\n${APP}` },
    line: /^\$\/app\.ts: expected the import "sensors\/absent" to be a module of the manifest, found none; add /,
    rewrites: MODULES,
  },
  {
    name: "an import of the board",
    files: { "manifest.json": MANIFEST, "app.ts": `import * as board from "board";\nexport { board };\n${APP}` },
    line: /^app: expected modules that hold no hardware, found the import of board: an app gets its devices as an argument$/,
  },
  {
    name: "an import of a file that is not there",
    files: { "manifest.json": MANIFEST, "app.ts": `import "./absent.ts";\n${APP}` },
    line: /^\$\/app\.ts:1:8: TS2\d+: .*'\.\/absent\.ts'/,
    rewrites: TYPES,
  },
  {
    name: "a type error",
    files: { "manifest.json": MANIFEST, "app.ts": `${APP}\nexport const count: number = "three";\n` },
    line: /^\$\/app\.ts:3:14: TS2322: Type 'string' is not assignable to type 'number'\.$/,
    rewrites: TYPES,
  },
  {
    name: "a syntax error",
    files: { "manifest.json": MANIFEST, "app.ts": `${APP}export const = 3;\n` },
    line: /^\$\/app\.ts:2:14: TS1\d+: /,
    rewrites: TYPES,
  },
  {
    name: "a syntax error in data",
    files: {
      "manifest.json": { ...MANIFEST, modules: { app: "./app", data: "./data" } },
      "app.ts": APP,
      "data.json": '{\n  "a": 1,\n}\n',
    },
    line: /^\$\/data\.json:3:1: expected /,
    rewrites: MODULES,
  },
  {
    name: "import()",
    files: {
      "manifest.json": { ...MANIFEST, modules: { "*": "./*" } },
      "app.ts": `export default async function start(): Promise<void> {\n  await import("./other.ts");\n}\n`,
      "other.ts": "export {};\n",
    },
    line: /^\$\/app\.ts: expected imports at the top of the module only, found dynamic-import of "\.\/other\.ts"$/,
    rewrites: MODULES,
  },
  {
    name: "native code in an app",
    files: {
      "manifest.json": { ...MANIFEST, modules: { app: "./app", "native:fast": "./fast" } },
      "app.ts": APP,
      "fast.d.ts": "export function run(): void;\n",
      "fast.c": "void native_fast_run(void* the) { (void)the; }\n",
    },
    line: /^\$\/manifest\.json: modules: expected an app without native code, found \$\/fast\.c$/,
  },
  {
    name: "stripping built-ins in an app",
    files: { "manifest.json": { ...MANIFEST, strip: ["Date"] }, "app.ts": APP },
    line: /^\$\/manifest\.json: strip: expected no such key in an app, .*, found \["Date"\]$/,
  },
  {
    name: "preloading in an app",
    files: { "manifest.json": { ...MANIFEST, preload: ["app"] }, "app.ts": APP },
    line: /^\$\/manifest\.json: preload: expected no such key in an app, .*, found \["app"\]$/,
  },
  {
    name: "a configuration that the runtime's would hide",
    files: { "manifest.json": { ...MANIFEST, config: { rate: 5 } }, "app.ts": APP },
    line: /^\$\/manifest\.json: config: expected no such key, because mc\/config is the runtime's, found one$/,
    rewrites: MODULES,
  },
  {
    name: "a module that the runtime's would hide",
    files: {
      "manifest.json": { modules: { "firmware/main": "./app" }, creation: { main: "firmware/main" } },
      "app.ts": APP,
    },
    line: /^firmware\/main: expected a module name that the runtime does not have, found one that its module would hide$/,
    rewrites: MODULES,
  },
  {
    name: "an app that is too large for its slot",
    files: {
      "manifest.json": { ...MANIFEST, modules: { app: "./app", data: "./data" } },
      "app.ts": APP,
      "data.ts": large(1 << 20),
    },
    line: /^expected at most \d+ bytes of flash, found \d+ \(\d+ too many\), in the runtime image of virt-rv32$/,
    rewrites: MODULES,
  },
];

const output = join(repository, "build", "test", "errors", "output");
let apps: string;

/** The build's own folders that a failing build could leave something in. */
const watched = [output, join(repository, "build", "tools"), join(repository, "build", BOARD, "shared")];
const snapshots = (): Map<string, string>[] => watched.map(snapshot);

/** Runs a build that must fail; returns its one line, with `$` for the app's folder. */
function failure(args: readonly string[], folder = "", environment: NodeJS.ProcessEnv = {}): string {
  const run = holdfast(["build", "--board", BOARD, "--folder", output, ...args], environment);
  expect(run.failures.length, run.stderr).toBe(1);
  expect(run.stdout).toBe("");
  expect(run.exitCode).toBe(2);
  const [line = ""] = run.failures;
  return folder === "" ? line : line.replaceAll(folder, "$").replaceAll(relative(repository, folder), "$");
}

beforeAll(() => {
  const folder = emptyFolder("errors");
  apps = join(folder, "apps");
  const app = writeApp(join(apps, "good"), { "manifest.json": MANIFEST, "app.ts": APP });
  const run = holdfast(["build", "--board", BOARD, "--folder", output, "--app", app]);
  expect(run.exitCode, run.stderr).toBe(0);
}, 300_000);

describe("a build ends with one line and keeps what was there", () => {
  it.each(MISTAKES)("for $name", ({ name, files, line, rewrites }) => {
    const folder = join(apps, name.replaceAll(/\W+/g, "-"));
    const before = snapshots();
    expect(failure(["--app", writeApp(folder, files)], folder)).toMatch(line);
    const changed = snapshots().map((after, index) => changedPaths(before[index] ?? new Map(), after));
    expect(changed.slice(1)).toEqual([[], []]);
    expect(changed[0]?.filter((path) => rewrites?.test(path) !== true || DRAFT.test(path))).toEqual([]);
  });

  it("for an unknown board", () => {
    expect(failure(["--board", "virt-a8"])).toBe('expected a board out of virt-a7, virt-rv32, found "virt-a8"');
  });
});

describe("a key that cannot be used is one line", () => {
  it("for a file that is not there", () => {
    expect(failure(["--key", "absent.pem"])).toMatch(/absent\.pem/);
  });
  it("for a file that holds no key", () => {
    const path = join(apps, "no-key.pem");
    writeFileSync(path, "not a key\n");
    expect(failure(["--key", path])).toMatch(/no-key\.pem/);
  });
  it("for a folder", () => {
    expect(failure(["--key", apps])).toMatch(/apps/);
  });
  it("for a public key", () => {
    const path = join(apps, "public.pem");
    writeFileSync(path, PUBLIC_KEY);
    expect(failure(["--key", path])).toMatch(/public\.pem/);
  });
  it("for an algorithm that the boot stage does not have", () => {
    const path = join(apps, "ed25519.pem");
    writeFileSync(path, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
    expect(failure(["--key", path])).toBe(`expected an EC P-256 key, found ed25519 at ${path}`);
  });
});

const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
`;

describe("a machine without compilers", () => {
  /** A PATH with the named commands only. */
  const pathWith = (name: string, commands: readonly string[]): string => {
    const folder = join(apps, name);
    mkdirSync(folder, { recursive: true });
    for (const command of commands) {
      const path = command === "node" ? process.execPath : findCommand(command);
      if (path !== undefined) symlinkSync(path, join(folder, command));
    }
    return folder;
  };
  const BASIC = [
    "node",
    "sh",
    "dirname",
    "readlink",
    "gcc",
    "as",
    "ld",
    "nm",
    "python3",
    "openssl",
    "patch",
    "xz",
    "bzip2",
  ];

  it("is told what to install when it has no apt", () => {
    const before = snapshots();
    const line = failure([], "", { PATH: pathWith("without-apt", BASIC) });
    expect(line).toContain("gcc-arm-none-eabi");
    expect(line).toContain("gcc-riscv64-unknown-elf");
    expect(line).toContain("there is no apt-get");
    expect(line).toMatch(/To run: sudo apt-get update && sudo apt-get install /);
    expect(line).not.toMatch(/install .* gcc /);
    expect(snapshots().flatMap((after, index) => changedPaths(before[index] ?? new Map(), after))).toEqual([]);
  });

  it.skipIf(spawnSync("unshare", ["-U", "true"]).status !== 0)("is told what to install when it is not root", () => {
    const path = pathWith("without-root", [...BASIC, "unshare"]);
    writeFileSync(join(path, "apt-get"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const args = ["-U", join(repository, "holdfast"), "build", "--board", BOARD, "--folder", output];
    const { status, stderr } = spawnSync("unshare", args, { encoding: "utf8", env: { ...process.env, PATH: path } });
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(/^holdfast: .*this is not root\. To run: sudo apt-get .*gcc-riscv64-unknown-elf.*\n$/);
  });
});

/** A file system of its own that only this process and its children see; undefined where this is not allowed. */
const namespace = [["-m"], ["-r", "-m"]].find((flags) => {
  const args = [...flags, "mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", tmpdir()];
  return spawnSync("unshare", args).status === 0;
});

describe.skipIf(namespace === undefined)("a full disk", () => {
  it("ends a build with one line wherever it strikes, and building goes on once there is room", () => {
    const mountPoint = emptyFolder("small-disk");
    const command = [
      join(repository, "holdfast"),
      "build",
      "--board",
      BOARD,
      "--app",
      join(apps, "good", "manifest.json"),
    ];
    const script = join(repository, "test", "build", "small-disk.sh");
    const { stdout, stderr } = spawnSync("unshare", [...(namespace ?? []), script, mountPoint, "16", ...command], {
      encoding: "utf8",
      timeout: 300_000,
    });
    const builds = [...stdout.matchAll(/^build (\d+) (\d+) (\d+) (.*)$/gm)].map(
      ([, , exitCode, drafts, said = ""]) => ({
        exitCode: Number(exitCode),
        drafts: Number(drafts),
        said: said.trim(),
      }),
    );
    const [last, ...failed] = builds.reverse();
    expect(last, stderr).toMatchObject({ exitCode: 0, said: "" });
    for (const { exitCode, drafts, said } of failed) {
      expect(said).toMatch(/^holdfast: \S+: expected to write this file, found no space left on the disk$/);
      expect({ exitCode, drafts }).toEqual({ exitCode: 2, drafts: 0 });
    }
    const struck = new Set(failed.map(({ said }) => /\.([a-z]+): expected/.exec(said)?.[1]));
    expect(struck.size, [...struck].join()).toBeGreaterThanOrEqual(4);
    for (const name of ["rom.img", "runtime.img"]) {
      const wanted = createHash("sha256")
        .update(readFileSync(join(output, name)))
        .digest("hex");
      expect(stdout).toContain(`${wanted}  ${name}`);
    }
  }, 300_000);
});
