/** The verb `capability` on throw-away devices and keys. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeTestDevice, repository, type TestDevice } from "../../device/test-device.ts";
import { generateKey } from "../../keys/generate.ts";
import { loadKey, publicPem } from "../../keys/key-file.ts";
import { runProgram } from "../main.ts";
import { Output } from "../output.ts";

let folder: string;
let device: TestDevice;
let key: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-capability-"));
  vi.stubEnv("HOLDFAST_KEYS", join(folder, "keys"));
  device = makeTestDevice(join(folder, "device"), { lifecycle: "secured" });
  key = join(folder, "keys", "capability.pem");
  generateKey(key, "ecdsa-p256", { purpose: "capability", epoch: 0, revoked: false });
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function holdfast(...args: string[]) {
  let out = "";
  let error = "";
  const output = new Output({
    json: true,
    out: { write: (text) => (out += text) },
    error: { write: (text) => (error += text) },
  });
  const exitCode = await runProgram({ output, root: repository }, ["capability", ...args, "--json"]);
  return { exitCode, result: out === "" ? undefined : JSON.parse(out), error };
}

const path = (name: string) => join(folder, name);
const create = (name: string, ...more: string[]) =>
  holdfast("create", "--device", device.path, "--out", path(name), ...more);
const apply = (name: string, ...more: string[]) => holdfast("apply", "--device", device.path, path(name), ...more);
const failed = (exitCode: number, code: string) => ({ exitCode, result: { error: { code } } });

describe("holdfast capability", () => {
  it("makes a file that show reads and apply stores", async () => {
    expect(await create("a.cap", "--grant", "console", "--grant", "app-development", "--sequence", "7")).toMatchObject({
      exitCode: 0,
      result: {
        device: device.record.device,
        grants: ["app-development", "console"],
        sequence: 7,
        use: "stored",
        lastBoot: null,
      },
    });
    expect(await holdfast("show", path("a.cap"))).toMatchObject({
      exitCode: 0,
      result: { device: device.record.device, sequence: 7, refused: null },
    });
    expect(await apply("a.cap")).toMatchObject({ exitCode: 0, result: { sequence: 7 } });
    expect(await apply("a.cap")).toMatchObject({ exitCode: 0 });
  });

  it("takes a device by its id, and sequences from the clock", async () => {
    const before = Math.floor(Date.now() / 1000);
    const id = "ab".repeat(32);
    const made = await holdfast("create", "--device", id, "--grant", "console", "--one-boot", "--out", path("b.cap"));
    expect(made).toMatchObject({ exitCode: 0, result: { device: id, use: "one-boot" } });
    expect(made.result.sequence).toBeGreaterThanOrEqual(before);
  });

  it("brings no replaced or revoked file back", async () => {
    await create("5.cap", "--grant", "console", "--sequence", "5");
    await create("6.cap", "--grant", "console", "--sequence", "6");
    expect(await apply("5.cap")).toMatchObject({ exitCode: 0 });
    expect(await apply("6.cap")).toMatchObject({ exitCode: 0 });
    expect(await apply("5.cap")).toMatchObject(failed(1, "sequence-old"));
    expect(await holdfast("revoke", "--device", device.path)).toMatchObject({
      exitCode: 0,
      result: { capability: null, lifecycle: "secured" },
    });
    expect(await apply("6.cap")).toMatchObject(failed(1, "sequence-old"));
    await create("now.cap", "--grant", "console", "--sequence", "1000");
    expect(await apply("now.cap")).toMatchObject(failed(1, "sequence-old"));
  });

  it("revokes up to a sequence, and by a file that grants nothing", async () => {
    expect(await holdfast("revoke", "--device", device.path, "--through", "8")).toMatchObject({
      result: { sequenceFloor: 9 },
    });
    await create("9.cap", "--grant", "console", "--sequence", "9");
    await create("close.cap", "--none", "--sequence", "10");
    expect(await apply("9.cap")).toMatchObject({ exitCode: 0 });
    expect(await apply("close.cap")).toMatchObject({ exitCode: 0, result: { grants: [] } });
    expect(await apply("9.cap")).toMatchObject(failed(1, "sequence-old"));
  });

  it("stores nothing on a device that refuses, and changes nothing of its flash", async () => {
    const other = makeTestDevice(path("other"), { lifecycle: "secured" });
    await create("a.cap", "--grant", "app-development");
    const flash = (at: string) => readdirSync(join(at, "flash")).map((name) => readFileSync(join(at, "flash", name)));
    const before = flash(other.path);
    expect(await holdfast("apply", "--device", other.path, path("a.cap"))).toMatchObject(failed(1, "device-mismatch"));
    const changed = readFileSync(path("a.cap"));
    // The number of the first grant: a4 01 58 20 <device> 02 81 00, behind 45 bytes of header.
    changed[45 + 38] = 1;
    writeFileSync(path("changed.cap"), changed);
    expect(await holdfast("apply", "--device", other.path, path("changed.cap"))).toMatchObject(failed(1, "signature"));
    expect(flash(other.path).every((bank, index) => bank.equals(before[index] as Buffer))).toBe(true);
    const stranger = generateKey(path("stranger.pem"), "ecdsa-p256", {
      purpose: "capability",
      epoch: 0,
      revoked: false,
    });
    await create("stranger.cap", "--grant", "console", "--key", stranger.path);
    expect(await apply("stranger.cap")).toMatchObject(failed(1, "key-unknown"));
    expect(await holdfast("show", path("stranger.cap"))).toMatchObject({
      exitCode: 1,
      result: { refused: "key-unknown" },
    });
    expect(await apply("stranger.cap", "--key", stranger.path)).toMatchObject({ exitCode: 0 });
  });

  it("keeps files for one boot, and boots that are over, off a device", async () => {
    await create("visit.cap", "--grant", "console", "--one-boot");
    expect(await apply("visit.cap")).toMatchObject(failed(1, "lifecycle"));
    await create("over.cap", "--grant", "console", "--last-boot", "0");
    expect(await apply("over.cap")).toMatchObject(failed(1, "expired"));
  });

  it("signs with no key that is for something else", async () => {
    const image = generateKey(path("image.pem"), "ecdsa-p256", { purpose: "runtime-image", epoch: 0, revoked: false });
    expect(await create("a.cap", "--grant", "console", "--key", image.path)).toMatchObject(failed(2, "key-purpose"));
  });

  it.each<[string, string[], string]>([
    ["no grant", [], "usage"],
    ["grants and none", ["--grant", "console", "--none"], "usage"],
    ["an unknown grant", ["--grant", "everything"], "usage"],
    ["a sequence out of range", ["--grant", "console", "--sequence", "4294967295"], "field"],
    ["a sequence of words", ["--grant", "console", "--sequence", "seven"], "usage"],
  ])("refuses %s", async (_name, args, code) => {
    expect(await create("a.cap", ...args)).toMatchObject(failed(2, code));
  });

  it.each<[string, (name: string) => Promise<unknown>]>([
    ["show", (name) => holdfast("show", path(name))],
    ["apply", (name) => apply(name)],
  ])("%s says what is wrong with a file", async (_verb, run) => {
    writeFileSync(path("long.cap"), new Uint8Array(600));
    writeFileSync(path("empty.cap"), "");
    expect(await run("none.cap")).toMatchObject({ result: { error: { code: "file" } } });
    expect(await run("long.cap")).toMatchObject({ result: { error: { code: "format" } } });
    expect(await run("empty.cap")).toMatchObject({ result: { error: { code: "format" } } });
  });
});

describe("signing in two steps", () => {
  const isThere = spawnSync("openssl", ["version"]).status === 0;
  if (!isThere) console.warn("SKIPPED: capability files in two steps: expected openssl on the path, found none");

  /** Made for a key of which only the public half is here. */
  async function unsigned(): Promise<void> {
    writeFileSync(path("public.pem"), publicPem(loadKey(key)));
    const made = await create("u.cap", "--grant", "console", "--sequence", "3", "--public-key", path("public.pem"));
    expect(made).toMatchObject({ exitCode: 0, result: { signed: false } });
    expect(await holdfast("digest", path("u.cap"), "--out", path("digest"))).toMatchObject({ exitCode: 0 });
  }
  const sign = (keyFile: string): void => {
    const args = ["pkeyutl", "-sign", "-inkey", keyFile, "-in", path("digest"), "-out", path("sig")];
    expect(spawnSync("openssl", args).status).toBe(0);
  };
  const attach = (keyFile: string) =>
    holdfast("attach-signature", path("u.cap"), "-s", path("sig"), "-k", keyFile, "--out", path("a.cap"));

  it.skipIf(!isThere)("takes a signature that OpenSSL made over the digest", async () => {
    await unsigned();
    expect(await apply("u.cap")).toMatchObject(failed(1, "signature"));
    sign(key);
    expect(await attach(path("public.pem"))).toMatchObject({ exitCode: 0 });
    expect(await apply("a.cap")).toMatchObject({ exitCode: 0, result: { grants: ["console"] } });
  });

  it.skipIf(!isThere)("refuses another signature, or another key, and writes nothing", async () => {
    await unsigned();
    const other = path("other.pem");
    generateKey(other, "ecdsa-p256", { purpose: "capability", epoch: 0, revoked: false });
    sign(other);
    expect(await attach(path("public.pem"))).toMatchObject(failed(1, "signature"));
    expect(await attach(other)).toMatchObject(failed(1, "key-unknown"));
    expect(readdirSync(folder)).not.toContain("a.cap");
    expect(await create("x.cap", "--none", "--key", key, "--public-key", other)).toMatchObject(failed(2, "usage"));
  });
});
