/**
 * What a frozen root takes and what it refuses. Each refused fixture is one row of the list in
 * docs/design/0001-frozen-root.md: on a device it would write to flash.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { BuildError } from "../../host-tools/build/build-error.ts";
import { xsIncludeFlags } from "../../host-tools/build/xs-sources.ts";
import { runCommand } from "../../host-tools/setup/run-command.ts";
import { fixturePath, freezeFixture, hostCompilers, repository, withTemporaryFolder } from "./freeze-fixture.ts";

const MAP = "expected a petrified Map";
const SET = "expected a petrified Set";
const BUFFER = "expected a petrified ArrayBuffer";
const REGEXP = "expected a RegExp without flags g and y";
const HARDENED = "expected a hardened object";
const PROMISE = "expected no Promise in a preloaded module";
const SUSPENDED = "expected no generator or async state in a preloaded module";
const WEAK_COLLECTION = "expected no WeakMap or WeakSet in a preloaded module";
const WEAK_REFERENCE = "expected no WeakRef or FinalizationRegistry in a preloaded module";

/** Fixture, path of the object after the module's name, rule. */
const REFUSED: readonly (readonly [fixture: string, path: string, rule: string])[] = [
  ["map", "table", MAP],
  ["map-in-closure", "count binding.seen", MAP],
  ["map-in-private-field", "registry.#entries", MAP],
  ["deep", "settings.sensors[0].cache", MAP],
  ["getter", "source.size binding.cache", MAP],
  ["symbol-key", "tagged.marker", MAP],
  ["set", "names", SET],
  ["static-field", "Pool.free", SET],
  ["map-object-key", "table", "expected Map keys that are no objects"],
  ["set-object-member", "members", "expected Set members that are no objects"],
  ["weak-map", "owners", WEAK_COLLECTION],
  ["weak-set", "known", WEAK_COLLECTION],
  ["array-buffer", "scratch", BUFFER],
  ["typed-array", "bytes.buffer", BUFFER],
  ["typed-array-frozen", "bytes.buffer", BUFFER],
  ["data-view", "view.buffer", BUFFER],
  ["regexp-global", "everyDigit", REGEXP],
  ["regexp-sticky", "digitHere", REGEXP],
  ["map-value", "table.entry", HARDENED],
  ["map-value-in-closure", "count binding.known.byName.entry", HARDENED],
  ["map-value-without-prototype", "table.entry", HARDENED],
  ["iterator", "pending.state", HARDENED],
  ["map-iterator", "entries.state", HARDENED],
  ["promise-pending", "never", PROMISE],
  ["promise-resolved", "ready", PROMISE],
  ["generator", "numbers", SUSPENDED],
  ["generator-started", "numbers", SUSPENDED],
  ["async-generator", "numbers", SUSPENDED],
  ["async-state", "waker.wake state", SUSPENDED],
  ["proxy", "guarded", "expected no Proxy in a preloaded module"],
  ["weak-ref", "reference", WEAK_REFERENCE],
  ["finalization-registry", "registry", WEAK_REFERENCE],
];

/** Fixture, then what the one line says after the module's name. */
const FAILING: readonly (readonly [fixture: string, message: RegExp])[] = [
  ["throws", /^RangeError: expected low below high, found 9, at checked \(.*failing\/throws\.ts:7\)$/],
  ["throws-text", /^not ready$/],
  [
    "calls-native",
    /^TypeError: native_cpu_instructions: native functions cannot be called at build time, at .*calls-native\.ts:3$/,
  ],
  ["awaits-job", /^TypeError: async module$/],
  ["awaits", /^TypeError: async module$/],
  ["rejects", /^TypeError: async module$/],
  ["promise-job", /^expected a module body that leaves no promise job, found one: /],
  ["promise-rejected", /^Error: lost, at .*promise-rejected\.ts:1$/],
  ["missing-export", /^SyntaxError: import absent not found$/],
  ["deep-recursion", /^expected a module body that ends, found stack overflow$/],
  ["endless", /^expected a module body that ends, found too much computation$/],
  ["exhausts", /^expected a module body that ends, found not enough memory$/],
];

const fixtures = (kind: string): string[] =>
  readdirSync(fixturePath(`freeze/${kind}`))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -".ts".length));

const freeze = (kind: string, name: string, folder: string) =>
  freezeFixture({
    modules: {
      [`app/${name}`]: fixturePath(`freeze/${kind}/${name}.ts`),
      nested: fixturePath("freeze/accepted/nested.ts"),
    },
    natives: { "native:cpu": `${repository}/hal/native/cpu/cpu.d.ts` },
    preload: [`app/${name}`],
    folder,
  });

const messageOf = (kind: string, name: string): Promise<string> =>
  withTemporaryFolder(async (folder) => {
    const error = await freeze(kind, name, folder).then(
      () => new Error("nothing was refused"),
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(BuildError);
    expect((error as BuildError).code).toBe("freeze-refused");
    expect(readdirSync(`${folder}/root`)).toEqual(["root.txt"]);
    return (error as BuildError).message;
  });

beforeAll(async () => {
  await hostCompilers();
}, 120_000);

describe("a root is refused", () => {
  it("for every fixture", () => {
    expect(REFUSED.map(([name]) => name).sort()).toEqual(fixtures("refused").sort());
  });
  it.each(REFUSED)("for %s, naming %s", async (name, path, rule) => {
    const message = await messageOf("refused", name);
    expect(message.startsWith(`frozen root: app/${name}: ${path}`), message).toBe(true);
    expect(message).toContain(`: ${rule}`);
    expect(message).not.toContain("\n");
  });
});

describe("a module body that cannot run at build time is an error", () => {
  it("for every fixture", () => {
    expect(FAILING.map(([name]) => name).sort()).toEqual(fixtures("failing").sort());
  });
  it.each(FAILING)("for %s", async (name, expected) => {
    const message = await messageOf("failing", name);
    const beginning = `frozen root: app/${name}: `;
    expect(message.startsWith(beginning), message).toBe(true);
    expect(message.slice(beginning.length)).toMatch(expected);
  });
});

describe("a root is accepted", () => {
  it.each(fixtures("accepted"))("for %s", async (name) => {
    await withTemporaryFolder(async (folder) => {
      const root = await freeze("accepted", name, folder);
      expect(root.keys).toContain("Array");
      expect(readFileSync(root.source, "utf8")).toContain("gxPreparation");
    });
  });

  it("for modules that import each other", async () => {
    await withTemporaryFolder(async (folder) => {
      const modules = {
        left: fixturePath("freeze/accepted/cycle/left.ts"),
        right: fixturePath("freeze/accepted/cycle/right.ts"),
      };
      const { keys } = await freezeFixture({ modules, preload: ["left"], folder });
      expect(keys).toEqual(expect.arrayContaining(["left", "right", "everything", "other"]));
    });
  });
});

describe("an object that a program may change", () => {
  const aliases = (name: string): Promise<number> =>
    withTemporaryFolder(async (folder) => {
      const text = readFileSync((await freeze("accepted", name, folder)).source, "utf8");
      return Number(/\.aliasCount = (\d+)/.exec(text)?.[1]);
    });

  it("is not an instance with a private field: the field is a constant then", async () => {
    expect(await aliases("private-state")).toBe(await aliases("private-class"));
  });

  it("is a Date, which has setters", async () => {
    expect(await aliases("date")).toBe((await aliases("nested")) + 1);
  });
});

describe("strip", () => {
  const rootText = (strip?: readonly string[] | "*"): Promise<string> =>
    withTemporaryFolder(async (folder) => {
      const modules = { nested: fixturePath("freeze/accepted/nested.ts") };
      const root = await freezeFixture({ modules, folder, ...(strip === undefined ? {} : { strip }) });
      return readFileSync(root.source, "utf8");
    });

  it("takes built-ins out of the root with their functions and methods", async () => {
    const [all, without] = [await rootText(), await rootText(["Math", "Date", "Map"])];
    for (const name of ["fx_Math_abs", "fx_Date_now", "fx_Date_prototype_getTime", "fx_Map_prototype_get"]) {
      expect(all).toContain(name);
      expect(without).not.toContain(name);
    }
    expect(without).toContain("fx_Set_prototype_has");
  });

  it("leaves the methods that the language needs", async () => {
    const text = await rootText(["Array", "Promise", "String", "Error"]);
    for (const name of [
      "fx_Array_prototype_push",
      "fx_Promise_prototype_then",
      "fx_String_prototype_slice",
      "fx_Error_toString",
    ])
      expect(text).toContain(`{${name},`);
  });

  it("takes out by itself what no device may have", async () => {
    const text = await rootText();
    for (const name of [
      "fx_eval",
      "fx_Compartment",
      "fx_ModuleSource",
      "fx_SharedArrayBuffer",
      "fx_Atomics_add",
      "fx_trace",
    ])
      expect(text).not.toContain(`.callback={${name}`);
  });

  it("of * needs a main function", async () => {
    await expect(rootText("*")).rejects.toMatchObject({
      code: "freeze-refused",
      message: "frozen root: main: expected a function as the default export of the main module of a closed root",
    });
  });

  it.each(["Maps", "push", "harden"])("of %j, which is no built-in, is refused", async (name) => {
    await expect(rootText(["Math", name])).rejects.toMatchObject({
      code: "freeze-refused",
      message: `frozen root: strip: expected the name of a global built-in, found ${name}`,
    });
  });
});

describe("a frozen root is made", () => {
  it("in the same bytes in another folder, and not again when nothing changed", async () => {
    await withTemporaryFolder(async (folder) => {
      const [first, second] = [
        await freeze("accepted", "classes", `${folder}/one`),
        await freeze("accepted", "classes", `${folder}/two`),
      ];
      expect(readFileSync(second.source)).toEqual(readFileSync(first.source));
      expect(second.hash).toEqual(first.hash);
      expect(second.keys).toEqual(first.keys);
      const before = statSync(first.source).mtimeMs;
      await freeze("accepted", "classes", `${folder}/one`);
      expect(statSync(first.source).mtimeMs).toBe(before);
    });
  });

  it("with a hash that tells two roots apart", async () => {
    await withTemporaryFolder(async (folder) => {
      const [first, second] = [
        await freeze("accepted", "classes", `${folder}/one`),
        await freeze("accepted", "nested", `${folder}/two`),
      ];
      expect(second.hash).not.toEqual(first.hash);
      expect(first.hash.length).toBe(32);
    });
  });

  it("that says which modules it holds", async () => {
    await withTemporaryFolder(async (folder) => {
      const modules = {
        left: fixturePath("freeze/accepted/cycle/left.ts"),
        right: fixturePath("freeze/accepted/cycle/right.ts"),
        unused: fixturePath("freeze/accepted/nested.ts"),
      };
      expect((await freezeFixture({ modules, preload: ["left"], folder })).modules).toEqual(new Set(["left", "right"]));
    });
  });

  it("for a C compiler of a 32-bit board", async () => {
    await withTemporaryFolder(async (folder) => {
      const { source } = await freeze("accepted", "values", folder);
      const port = `${repository}/hal/native/xs`;
      const flags = [
        "-D_GNU_SOURCE",
        "-DINCLUDE_XSPLATFORM",
        '-DXSPLATFORM="xs-platform.h"',
        `-I${port}`,
        ...xsIncludeFlags(repository),
      ];
      const { exitCode, stderr } = await runCommand("arm-none-eabi-gcc", [
        "-mcpu=cortex-a7",
        "-fsyntax-only",
        "-w",
        ...flags,
        source,
      ]);
      expect(exitCode, stderr).toBe(0);
    });
  });
});
