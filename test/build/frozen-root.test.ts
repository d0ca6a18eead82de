/**
 * What a frozen root takes and what it refuses. Each refused fixture is one row of the list in
 * docs/design/0001-frozen-root.md: on a device it would write to flash.
 */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { BuildError } from "../../host-tools/build/build-error.ts";
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

  it("is copied on write when it has a private field, which harden leaves writable", async () => {
    expect(await aliases("private-state")).toBe((await aliases("private-class")) + 1);
  });
});
