/** The verbs `keys` and `image` from the command line: results, exit codes, one-line errors. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rawSignatureFromDer } from "../../../protocol/image/ecdsa-signature.ts";
import { parseVersion } from "../../../protocol/image/version.ts";
import { signDigest } from "../../image/crypto.ts";
import { attachSignature, createUnsignedImage, readUnsignedImage } from "../../image/offline.ts";
import { signImage } from "../../image/sign.ts";
import { testKey } from "../../keys/test-key.ts";
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
  const app = ["--purpose", "app"];

  it("creates a key once, and exits 2 the second time", async () => {
    expect((await run("keys", "create", at("k.pem"), ...app)).exitCode).toBe(0);
    const second = await run("keys", "create", at("k.pem"), ...app, "--json");
    expect(second.exitCode).toBe(2);
    expect(JSON.parse(second.out).error.code).toBe("key-exists");
  });

  it("shows and exports the public half and never the private one", async () => {
    await run("keys", "create", at("k.pem"), ...app, "--type", "ed25519", "--epoch", "3");
    const secret = /\n(?!-|Holdfast)(.+)\n/.exec(readFileSync(at("k.pem"), "utf8"))?.[1] as string;
    const shown = await run("keys", "show", at("k.pem"));
    const json = JSON.parse((await run("keys", "show", at("k.pem"), "--json")).out);
    const exported = await run("keys", "export", at("k.pem"));
    expect(shown.out + JSON.stringify(json) + exported.out).not.toContain(secret);
    expect(json).toMatchObject({ algorithm: "ed25519", private: true, purpose: "app", epoch: 3, revoked: false });
    expect(exported.out).toBe(json.publicPem);
    expect((await run("keys", "export", at("k.pem"), "--out", at("p.pem"))).exitCode).toBe(0);
    expect(readFileSync(at("p.pem"), "utf8")).toBe(exported.out);
    const half = JSON.parse((await run("keys", "show", at("p.pem"), "--json")).out);
    expect(half).toMatchObject({ private: false, keyHash: json.keyHash, purpose: "app", epoch: 3 });
    expect((await run("keys", "export", at("k.pem"), "--out", at("p.pem"))).exitCode).toBe(2);
  });

  it("lists the folder of keys by name", async () => {
    await run("keys", "create", "second", "--purpose", "root-image", "--epoch", "1");
    await run("keys", "create", ...app);
    const { keys } = JSON.parse((await run("keys", "list", "--json")).out);
    expect(keys).toMatchObject([
      { name: "development-app", purpose: "app", epoch: 0 },
      { name: "second", purpose: "root-image", epoch: 1 },
    ]);
    expect((await run("keys", "show", "second")).out).toContain("root-image");
    expect((await run("keys", "list")).out.split("\n")).toHaveLength(4);
  });

  it("trusts a key that is held elsewhere, and only its public half", async () => {
    await run("keys", "create", at("hsm.pem"), ...app);
    const other = ["--purpose", "runtime-image", "--epoch", "4"];
    expect((await run("keys", "trust", at("hsm.pem"), ...other, "--as", "factory")).exitCode).toBe(0);
    expect(readFileSync(at("keys/factory.pem"), "utf8")).toMatch(
      /^Holdfast-Purpose: runtime-image\nHoldfast-Epoch: 4\n-----BEGIN PUBLIC KEY-----\n/,
    );
    const { keyHash } = JSON.parse((await run("keys", "show", at("hsm.pem"), "--json")).out);
    await run("keys", "create", "--purpose", "runtime-image");
    const trust = JSON.parse((await run("keys", "trust", "--purpose", "runtime-image", "--json")).out);
    expect(trust["runtime-image"]).toMatchObject([{ epoch: 0 }, { epoch: 4, keyHash, revoked: false }]);
    expect((await run("keys", "trust", at("hsm.pem"), ...other, "--as", "factory")).exitCode).toBe(2);
    writeFileSync(at("plain.pem"), readFileSync(at("hsm.pem"), "utf8").replace(/^Holdfast.*\n/gm, ""));
    expect((await run("keys", "trust", at("plain.pem"))).error).toMatch(/expected --purpose for .*, found none/);
  });

  it("revokes a key of the folder, which stays private and trusted by nobody", async () => {
    await run("keys", "create", "old", ...app);
    await run("keys", "create", "new", ...app);
    expect((await run("keys", "trust", "old", "--revoke")).exitCode).toBe(0);
    expect(statSync(at("keys/old.pem")).mode & 0o777).toBe(0o600);
    const trust = JSON.parse((await run("keys", "trust", "--purpose", "app", "--json")).out);
    expect(trust.app.map((key: { revoked: boolean }) => key.revoked).sort()).toEqual([false, true]);
    expect((await run("keys", "trust", "old", "--revoke")).exitCode).toBe(0);
    expect((await run("keys", "trust", "--revoke")).exitCode).toBe(2);
    expect(readdirSync(at("keys")).sort()).toEqual(["new.pem", "old.pem"]);
  });

  it("explains itself", async () => {
    const help = await run("keys", "create", "--help");
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

  it("signs with the key for what it makes, and refuses one for something else", async () => {
    writeFileSync(at("payload"), "x");
    const sign = (...more: string[]) =>
      run("image", "sign", at("payload"), at("image"), "-v", "1", ...identity, ...more, "--json");
    for (const [purpose, more] of [
      ["app", ["--package"]],
      ["root-image", ["--purpose", "root-image"]],
      ["runtime-image", []],
    ] as const) {
      expect((await sign(...more)).exitCode).toBe(0);
      const { signers } = JSON.parse((await run("image", "show", at("image"), "--json")).out);
      expect(signers).toMatchObject([{ name: `development-${purpose}`, purpose, epoch: 0 }]);
    }
    const wrong = await sign("--key", at("keys/development-app.pem"));
    expect([wrong.exitCode, JSON.parse(wrong.out).error.code]).toEqual([2, "key-purpose"]);
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
    ["a key for apps that would sign code", ["-v", "1", "--purpose", "app"]],
    ["a key for code that would sign a package", ["-v", "1", "--purpose", "root-image", "--package"]],
    ["a purpose that signs no image", ["-v", "1", "--purpose", "capability"]],
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
      dependencies: ["1:0.9.0+0"],
      bootRecord: { softwareType: "runtime", version: "1.2.3" },
      keyPurpose: "runtime-image",
      keyEpoch: 0,
      holdfastRefusal: null,
    });
  });

  it("looks at the keys of one purpose only when told so", async () => {
    const path = await signed();
    await run("keys", "create", "--purpose", "app");
    const app = await run("image", "verify", path, "--purpose", "app", "--json");
    expect([app.exitCode, JSON.parse(app.out).error.code]).toEqual([1, "key-unknown"]);
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
    await run("keys", "create", at("other.pem"), "--purpose", "runtime-image");
    const other = await run("image", "verify", path, "--key", at("other.pem"), "--json");
    expect([other.exitCode, JSON.parse(other.out).error.code]).toEqual([1, "key-unknown"]);
    const revoked = await run("image", "verify", path, "--revoked", at("keys/development-runtime-image.pem"), "--json");
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

describe("holdfast image show", () => {
  it("shows header, TLVs, digest, key, and what the TLVs say", async () => {
    const path = await signed("--depends", "0:2.0.0+1");
    const text = (await run("image", "show", path)).out;
    for (const name of ["SEC_CNT", "BOOT_RECORD", "UUID_VID", "UUID_CID", "SHA256", "KEYHASH", "ECDSASIG"]) {
      expect(text).toContain(name);
    }
    expect(text).toMatch(/^key hash {3}\w{64} \(development-runtime-image: runtime-image, epoch 0\)$/m);
    expect(text).toMatch(/^record {5}runtime 1\.2\.3$/m);
    const report = JSON.parse((await run("image", "show", path, "--json")).out);
    expect(report).toMatchObject({
      digestMatches: true,
      securityCounter: 7,
      dependencies: ["0:2.0.0+1"],
      bootRecord: { softwareType: "runtime", version: "1.2.3", signer: report.keyHashes[0] },
    });
    expect(report.vendorId).toMatch(/^[0-9a-f]{8}-/);
    expect(report.tlvs).toHaveLength(8);
  });

  it("exits 1 for another file", async () => {
    await signed();
    const result = await run("image", "show", at("payload"), "--json");
    expect([result.exitCode, JSON.parse(result.out).error.code]).toEqual([1, "image-magic"]);
  });
});

describe.each([
  ["p256", []],
  ["ed25519", ["-rawin"]],
])("signing in two steps, %s", (type, openssl) => {
  const isThere = spawnSync("openssl", ["version"]).status === 0;
  if (!isThere) console.warn("SKIPPED: signing in two steps: expected openssl on the path, found none");

  /** An image and its digest, with a key that this machine has in public form only as far as the tool is told. */
  async function unsigned(): Promise<void> {
    await run("keys", "create", at("private.pem"), "--purpose", "runtime-image", "--type", type);
    await run("keys", "export", at("private.pem"), "--out", at("public.pem"));
    writeFileSync(at("payload"), Buffer.alloc(100, 7));
    const key = ["--public-key", at("public.pem")];
    const created = await run("image", "create", at("payload"), at("unsigned"), "-v", "1", ...identity, ...key);
    expect(created.exitCode, created.error).toBe(0);
    const digest = await run("image", "digest", at("unsigned"), "--out", at("digest.bin"), "--json");
    expect(JSON.parse(digest.out)).toMatchObject({ signatures: 0, digest: readFileSync(at("digest.bin"), "hex") });
  }

  function sign(key = "private.pem"): void {
    const args = ["pkeyutl", "-sign", "-inkey", at(key), ...openssl, "-in", at("digest.bin"), "-out", at("sig")];
    expect(spawnSync("openssl", args, { encoding: "utf8" })).toMatchObject({ status: 0 });
  }

  const attach = (...more: string[]) =>
    run("image", "attach-signature", at("unsigned"), "--signature", at("sig"), "--out", at("signed"), ...more);
  const verify = (...keys: string[]) =>
    run(
      "image",
      "verify",
      at("signed"),
      ...keys.flatMap((key) => ["--key", at(key)]),
      "--profile",
      "holdfast",
      "--json",
    );

  it.skipIf(!isThere)("takes a signature that OpenSSL made over the digest", async () => {
    await unsigned();
    sign();
    const attached = await attach("--public-key", at("public.pem"));
    expect([attached.exitCode, attached.error]).toEqual([0, ""]);
    expect((await verify("public.pem")).exitCode).toBe(0);
  });

  it.skipIf(!isThere)("refuses a signature of another image or key, and writes nothing", async () => {
    await unsigned();
    sign();
    writeFileSync(at("digest.bin"), Buffer.alloc(32, 1));
    sign();
    const other = await attach("--public-key", at("public.pem"), "--json");
    expect([other.exitCode, JSON.parse(other.out).error.code]).toEqual([1, "signature-invalid"]);
    writeFileSync(at("sig"), "");
    expect((await attach("--public-key", at("public.pem"))).exitCode).toBe(1);
    await run("keys", "create", at("second.pem"), "--purpose", "runtime-image", "--type", type);
    const stranger = await attach("--public-key", at("second.pem"), "--json");
    expect([stranger.exitCode, JSON.parse(stranger.out).error.code]).toEqual([1, "build-value"]);
    expect(readdirSync(folder)).not.toContain("signed");
  });

  it.skipIf(!isThere)("attaches a second signature behind the first", async () => {
    await unsigned();
    sign();
    await attach("--public-key", at("public.pem"));
    await run("keys", "create", at("second.pem"), "--purpose", "runtime-image", "--type", type);
    renameSync(at("signed"), at("unsigned"));
    const again = await attach("--public-key", at("public.pem"), "--json");
    expect([again.exitCode, JSON.parse(again.out).error.code]).toEqual([1, "build-value"]);
    await run("image", "digest", at("unsigned"), "--out", at("digest.bin"));
    sign("second.pem");
    const attached = await attach("--public-key", at("second.pem"), "--json");
    expect(JSON.parse(attached.out).keyHashes).toHaveLength(2);
    for (const key of ["public.pem", "second.pem"]) expect((await verify(key)).exitCode).toBe(0);
  });

  it.skipIf(!isThere)("refuses an image that was changed after its first signature", async () => {
    await unsigned();
    sign();
    await attach("--public-key", at("public.pem"));
    const bytes = readFileSync(at("signed"));
    bytes[50] = 0;
    writeFileSync(at("signed"), bytes);
    const digest = await run("image", "digest", at("signed"), "--out", at("digest.bin"), "--json");
    expect([digest.exitCode, JSON.parse(digest.out).error.code]).toEqual([1, "digest-mismatch"]);
  });
});

describe("a signature of 64 bytes, as security modules make them", () => {
  it("is attached as DER", async () => {
    const key = testKey("ecdsa-p256");
    const description = { payload: Uint8Array.of(1, 2, 3), version: parseVersion("1"), securityCounter: 1 };
    const unsigned = createUnsignedImage(description, key);
    const { digest } = readUnsignedImage(unsigned);
    const { signature } = signDigest(digest, key);
    const raw = rawSignatureFromDer(signature) as Uint8Array;
    expect(Buffer.compare(attachSignature(unsigned, raw, key), attachSignature(unsigned, signature, key))).toBe(0);
    expect(Buffer.compare(attachSignature(unsigned, raw, key), signImage(description, [key]).bytes)).toBe(0);
  });
});
