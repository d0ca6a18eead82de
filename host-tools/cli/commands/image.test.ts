/** The verbs `keys` and `image` from the command line: results, exit codes, one-line errors. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProgram } from "../main.ts";
import { Output } from "../output.ts";
import { register as registerImage } from "./image.ts";
import { register as registerKeys } from "./keys.ts";

interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

let folder: string;
let keysBefore: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-image-"));
  keysBefore = process.env.HOLDFAST_KEYS;
  process.env.HOLDFAST_KEYS = join(folder, "keys");
});
afterEach(() => {
  if (keysBefore === undefined) delete process.env.HOLDFAST_KEYS;
  else process.env.HOLDFAST_KEYS = keysBefore;
  rmSync(folder, { recursive: true });
});

async function run(...args: string[]): Promise<Run> {
  let out = "";
  let error = "";
  const output = new Output({
    json: args.includes("--json"),
    out: { write: (text) => (out += text) },
    error: { write: (text) => (error += text) },
    colour: false,
  });
  const exitCode = await runProgram({ output, root: folder }, args, [registerKeys, registerImage]);
  return { exitCode, out, error };
}

const at = (name: string): string => join(folder, name);
const identity = ["--counter", "7", "--vendor", "example.com", "--class", "thermostat"];

async function signed(...more: string[]): Promise<string> {
  writeFileSync(at("payload"), Buffer.alloc(100, 7));
  const result = await run("image", "sign", at("payload"), at("image"), "-v", "1.2.3+4", ...identity, ...more);
  expect(result.exitCode, result.error).toBe(0);
  return at("image");
}

describe("holdfast keys", () => {
  it("generates a key once, and exits 2 the second time", async () => {
    expect((await run("keys", "generate", at("k.pem"))).exitCode).toBe(0);
    const second = await run("keys", "generate", at("k.pem"), "--json");
    expect(second.exitCode).toBe(2);
    expect(JSON.parse(second.out).error.code).toBe("key-exists");
  });

  it("shows the public half and never the private one", async () => {
    await run("keys", "generate", at("k.pem"), "--type", "ed25519");
    const secret = readFileSync(at("k.pem"), "utf8").split("\n")[1] as string;
    const shown = await run("keys", "show", at("k.pem"));
    const json = JSON.parse((await run("keys", "show", at("k.pem"), "--json")).out);
    expect(shown.out + JSON.stringify(json)).not.toContain(secret);
    expect(json).toMatchObject({ algorithm: "ed25519", private: true });
    const pem = await run("keys", "show", at("k.pem"), "--pem");
    expect(pem.out).toBe(json.publicPem);
    writeFileSync(at("p.pem"), pem.out);
    const half = JSON.parse((await run("keys", "show", at("p.pem"), "--json")).out);
    expect(half).toMatchObject({ private: false, keyHash: json.keyHash });
  });

  it("explains itself", async () => {
    const help = await run("keys", "generate", "--help");
    expect(help.exitCode).toBe(0);
    expect(help.out).toContain("Examples:");
  });
});

describe("holdfast image sign", () => {
  it("signs with the development key, and says that it made one", async () => {
    writeFileSync(at("payload"), "x");
    const result = await run("image", "sign", at("payload"), at("image"), "-v", "1", ...identity, "--json");
    expect(result.exitCode).toBe(0);
    expect(result.error).toContain("made development key");
    expect(JSON.parse(result.out)).toMatchObject({ version: "1.0.0+0" });
  });

  it("leaves no file when the image does not fit, and exits 1", async () => {
    writeFileSync(at("payload"), Buffer.alloc(1000));
    const result = await run("image", "sign", at("payload"), at("image"), "-v", "1", ...identity, "-S", "512");
    expect(result.exitCode).toBe(1);
    expect(result.error).toMatch(/slot-bounds: expected image within its slot of 0x200 bytes, found 0x[0-9a-f]+\n$/);
    expect(readdirSync(folder).sort()).toEqual(["keys", "payload"]);
  });

  it("leaves no file when the folder is missing, and exits 2", async () => {
    writeFileSync(at("payload"), "x");
    const result = await run("image", "sign", at("payload"), at("none/image"), "-v", "1", ...identity);
    expect([result.exitCode, result.error]).toEqual([2, expect.stringContaining("found ENOENT at")]);
  });

  it.each([
    ["no version", []],
    ["a bad version", ["-v", "1.2.3.4"]],
    ["a bad number", ["-v", "1", "--counter", "x"]],
    ["a number above 32 bits", ["-v", "1", "--counter", "4294967296"]],
    ["two addresses", ["-v", "1", "--load-address", "0", "--rom-address", "0"]],
    ["a bad dependency", ["-v", "1", "--depends", "1"]],
    ["a bad vendor TLV", ["-v", "1", "--vendor-tlv", "0xa0:abc"]],
    ["a standard type as vendor TLV", ["-v", "1", "--vendor-tlv", "0x50:00000000"]],
    ["an unknown option", ["-v", "1", "--wrong"]],
  ])("exits 2 for %s, with one line", async (_name, options) => {
    writeFileSync(at("payload"), "x");
    const result = await run("image", "sign", at("payload"), at("image"), ...identity, ...options);
    expect(result.exitCode).toBe(2);
    expect(
      result.error
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("warning:")),
    ).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain("image");
  });
});

describe("holdfast image verify", () => {
  it("accepts what was signed, in the holdfast profile", async () => {
    const result = await run(
      "image",
      "verify",
      await signed("--depends", "1:0.9.0+0", "--vendor-tlv", "0xa1:01020304"),
      "--json",
    );
    expect(result.exitCode).toBe(0);
    expect(JSON.parse(result.out)).toMatchObject({
      verified: true,
      profile: "holdfast",
      version: "1.2.3+4",
      securityCounter: 7,
      holdfastRefusal: null,
    });
  });

  it("refuses one changed byte with exit 1, a code and the place", async () => {
    const path = await signed();
    const bytes = readFileSync(path);
    bytes[50] = 0;
    writeFileSync(path, bytes);
    const json = await run("image", "verify", path, "--json");
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ verified: false, error: { code: "digest-mismatch", offset: 0 } });
    const text = await run("image", "verify", path);
    expect([text.exitCode, text.out]).toEqual([1, ""]);
    expect(text.error).toMatch(/^holdfast: \S+ refused: digest-mismatch: expected SHA-256 .+\n$/);
  });

  it.each([
    ["counter-too-low", ["--counter", "8"]],
    ["vendor-mismatch", ["--vendor", "example.org"]],
    ["class-mismatch", ["--vendor", "example.com", "--class", "kettle"]],
    ["slot-bounds", ["--slot-size", "0x80"]],
    ["address-mismatch", ["--run-address", "0x40100000"]],
  ])("refuses with %s", async (code, options) => {
    const result = await run("image", "verify", await signed(), ...options, "--json");
    expect([result.exitCode, JSON.parse(result.out).error.code]).toEqual([1, code]);
  });

  it("refuses a package where code is wanted", async () => {
    const path = await signed("--package");
    expect((await run("image", "verify", path)).exitCode).toBe(0);
    expect((await run("image", "verify", path, "--bootable")).exitCode).toBe(1);
  });

  it("refuses other and revoked keys", async () => {
    const path = await signed();
    await run("keys", "generate", at("other.pem"));
    const other = await run("image", "verify", path, "--key", at("other.pem"), "--json");
    expect([other.exitCode, JSON.parse(other.out).error.code]).toEqual([1, "key-unknown"]);
    const revoked = await run("image", "verify", path, "--revoked", at("keys/development.pem"), "--json");
    expect([revoked.exitCode, JSON.parse(revoked.out).error.code]).toEqual([1, "key-revoked"]);
  });

  it("exits 2 when a file or key is missing", async () => {
    expect((await run("image", "verify", at("none"))).exitCode).toBe(2);
    const path = await signed();
    expect((await run("image", "verify", path, "--key", at("none.pem"))).exitCode).toBe(2);
    rmSync(at("keys"), { recursive: true });
    const result = await run("image", "verify", path);
    expect([result.exitCode, result.error]).toEqual([2, expect.stringContaining("expected --key <file>")]);
  });
});

describe("holdfast image inspect", () => {
  it("shows header, TLVs, digest and key", async () => {
    const path = await signed();
    const text = (await run("image", "inspect", path)).out;
    for (const name of ["SEC_CNT", "BOOT_RECORD", "UUID_VID", "UUID_CID", "SHA256", "KEYHASH", "ECDSASIG"]) {
      expect(text).toContain(name);
    }
    const report = JSON.parse((await run("image", "inspect", path, "--json")).out);
    expect(report.digestMatches).toBe(true);
    expect(report.tlvs).toHaveLength(7);
  });

  it("exits 1 for another file", async () => {
    await signed();
    const result = await run("image", "inspect", at("payload"), "--json");
    expect([result.exitCode, JSON.parse(result.out).error.code]).toEqual([1, "image-magic"]);
  });
});
