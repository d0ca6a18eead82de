/** Key files: private from their first byte, never overwritten, strictly read. */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../protocol/image/bytes.ts";
import { rawSignatureFromDer } from "../../protocol/image/ecdsa-signature.ts";
import { hostImageCrypto } from "../image/crypto.ts";
import { developmentKeyPath, ensureDevelopmentKey } from "./development.ts";
import { generateKey } from "./generate.ts";
import { loadKey, loadSigningKey, publicPem, requireKeyFor, trustedKeyText } from "./key-file.ts";
import { KEY_PURPOSES, type KeyPurpose, NO_LABEL } from "./key-label.ts";
import { keysFor } from "./key-ring.ts";
import { keyPath } from "./keys-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-keys-"));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const refusal = (code: string) => expect.objectContaining({ name: "KeyError", code });
const file = (text: string): string => {
  const path = join(folder, "file.pem");
  writeFileSync(path, text);
  return path;
};

describe("generateKey", () => {
  it.each(["ecdsa-p256", "ed25519"] as const)("%s: makes PKCS#8 PEM that only its owner can read", (algorithm) => {
    const path = join(folder, "new", "key.pem");
    const made = generateKey(path, algorithm);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(loadSigningKey(path).keyHash).toEqual(made.keyHash);
    expect(made.publicKey.algorithm).toBe(algorithm);
    expect(readdirSync(join(folder, "new"))).toEqual(["key.pem"]);
  });

  it("never overwrites, and leaves nothing else behind", () => {
    const path = file("precious");
    expect(() => generateKey(path, "ed25519")).toThrow(refusal("key-exists"));
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect(readdirSync(folder)).toEqual(["file.pem"]);
  });

  it("says what hinders it", () => {
    const path = file("not a folder");
    expect(() => generateKey(join(path, "key.pem"), "ed25519")).toThrow(refusal("key-file"));
  });
});

describe("loadKey", () => {
  it("reads the public half alone, with the same hash", () => {
    const made = generateKey(join(folder, "key.pem"), "ecdsa-p256");
    const loaded = loadKey(file(publicPem(made)));
    expect(loaded.privateKey).toBeUndefined();
    expect(loaded.keyHash).toEqual(made.keyHash);
    expect(trustedKeyText(loaded)).toEqual({
      spki: toHex(made.spki),
      keyHash: toHex(made.keyHash),
      epoch: 0,
      revoked: false,
    });
    expect(() => loadSigningKey(loaded.path)).toThrow(refusal("key-not-private"));
  });

  it("writes the public PEM as OpenSSL does", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const pem = publicKey.export({ format: "pem", type: "spki" }).toString();
    expect(publicPem(loadKey(file(pem)))).toBe(pem);
  });

  it("gives a key with a compressed point the same hash", () => {
    const made = generateKey(join(folder, "key.pem"), "ecdsa-p256");
    const [x, y] = [made.publicKey.bytes.subarray(1, 33), made.publicKey.bytes.subarray(33)];
    const prefix = Buffer.from("3039301306072a8648ce3d020106082a8648ce3d030107032200", "hex");
    const der = Buffer.concat([prefix, Buffer.of(2 + ((y[31] as number) & 1)), x]);
    const pem = `-----BEGIN PUBLIC KEY-----\n${der.toString("base64")}\n-----END PUBLIC KEY-----\n`;
    expect(loadKey(file(pem)).keyHash).toEqual(made.keyHash);
  });

  it("reads a private key that has lost its public half", () => {
    const made = generateKey(join(folder, "key.pem"), "ecdsa-p256");
    const jwk = loadSigningKey(made.path).privateKey?.export({ format: "jwk" });
    const prefix = Buffer.from("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420", "hex");
    const der = Buffer.concat([prefix, Buffer.from(jwk?.d ?? "", "base64url")]);
    const pem = `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
    expect(loadKey(file(pem)).keyHash).toEqual(made.keyHash);
  });

  const pkcs8 = { format: "pem", type: "pkcs8" } as const;
  const refused: readonly [string, string, () => string][] = [
    ["no PEM", "key-format", () => "hello"],
    ["an empty file", "key-format", () => ""],
    ["damaged base64", "key-format", () => "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ["a certificate", "key-format", () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ["a large file", "key-format", () => "x".repeat(20000)],
    [
      "a SEC1 private key",
      "key-format",
      () =>
        generateKeyPairSync("ec", { namedCurve: "P-256" })
          .privateKey.export({ format: "pem", type: "sec1" })
          .toString(),
    ],
    [
      "a password",
      "key-encrypted",
      () =>
        generateKeyPairSync("ed25519")
          .privateKey.export({ ...pkcs8, cipher: "aes-256-cbc", passphrase: "x" })
          .toString(),
    ],
    [
      "P-384",
      "key-algorithm",
      () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export(pkcs8).toString(),
    ],
    ["X25519", "key-algorithm", () => generateKeyPairSync("x25519").privateKey.export(pkcs8).toString()],
  ];
  it.each(refused)("refuses %s: %s", (_name, code, text) => {
    expect(() => loadKey(file(text()))).toThrow(refusal(code));
  });

  it("tells a missing file from an unreadable one", () => {
    expect(() => loadKey(join(folder, "none.pem"))).toThrow(refusal("key-missing"));
    expect(() => loadKey(folder)).toThrow(refusal("key-file"));
  });

  it("keeps key bytes out of its errors", () => {
    const made = generateKey(join(folder, "key.pem"), "ed25519");
    const broken = readFileSync(made.path, "utf8").replace("MC4", "MC5");
    try {
      loadKey(file(broken));
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain(broken.slice(30, 60));
    }
  });
});

describe("labels", () => {
  const label = { purpose: "app", epoch: 7, revoked: false } as const;
  const LABEL = "Holdfast-Purpose: app\nHoldfast-Epoch: 7\n";

  it("say what a key is for, in its private and in its public file", () => {
    const made = generateKey(join(folder, "key.pem"), "ecdsa-p256", label);
    expect(readFileSync(made.path, "utf8").startsWith(LABEL)).toBe(true);
    expect(loadSigningKey(made.path)).toMatchObject(label);
    expect(publicPem(made).startsWith(`${LABEL}-----BEGIN PUBLIC KEY-----`)).toBe(true);
    expect(loadKey(file(publicPem(made)))).toMatchObject(label);
    expect(trustedKeyText(made)).toMatchObject({ epoch: 7, revoked: false });
    expect(trustedKeyText(loadKey(file(`Holdfast-Revoked: yes\n${publicPem(made)}`)))).toMatchObject({ revoked: true });
  });

  it("are left out of files of other tools, whose remarks are none", () => {
    const pem = publicPem(generateKey(join(folder, "key.pem"), "ecdsa-p256"));
    expect(loadKey(file(`Bag Attributes: none\n\n${pem}Holdfast-Epoch: 3\n`))).toMatchObject(NO_LABEL);
  });

  it.each([
    "Holdfast-Purpose: runtime",
    "Holdfast-Epoch: 01",
    "Holdfast-Epoch: 4294967296",
    "Holdfast-Epoch: -1",
    "Holdfast-Revoked: no",
    "Holdfast-Owner: me",
  ])("are refused when they are unknown: %s", (line) => {
    const pem = publicPem(generateKey(join(folder, "key.pem"), "ecdsa-p256"));
    expect(() => loadKey(file(`${line}\n${pem}`))).toThrow(refusal("key-format"));
  });

  it("decide what a key may be used for", () => {
    const key = generateKey(join(folder, "key.pem"), "ed25519", label);
    expect(requireKeyFor(key, ["root-image", "app"])).toBe(key);
    expect(() => requireKeyFor(key, ["root-image", "runtime-image"])).toThrow(refusal("key-purpose"));
    const other = generateKey(join(folder, "other.pem"), "ed25519");
    expect(requireKeyFor(other, ["root-image"])).toBe(other);
  });

  it("do not keep OpenSSL from signing", () => {
    const key = generateKey(join(folder, "key.pem"), "ecdsa-p256", label);
    const digest = file("0".repeat(32));
    const signature = openssl(["pkeyutl", "-sign", "-inkey", key.path, "-in", digest]);
    if (signature === undefined) return;
    const raw = rawSignatureFromDer(new Uint8Array(signature)) ?? new Uint8Array();
    expect(hostImageCrypto.verifyP256(key.publicKey.bytes, readFileSync(digest), raw)).toBe(true);
  });
});

describe("ensureDevelopmentKey", () => {
  it.each(KEY_PURPOSES)("makes a key for %s once, with a notice, and finds it again", (purpose) => {
    const notices: string[] = [];
    const made = ensureDevelopmentKey(folder, purpose, (line) => notices.push(line), {});
    const found = ensureDevelopmentKey(folder, purpose, (line) => notices.push(line), {});
    expect(found.keyHash).toEqual(made.keyHash);
    expect(found).toMatchObject({ purpose, epoch: 0, path: join(folder, "keys", `development-${purpose}.pem`) });
    expect(notices).toHaveLength(1);
  });

  it("takes the folder from HOLDFAST_KEYS", () => {
    expect(keyPath("/elsewhere", "one", { HOLDFAST_KEYS: folder })).toBe(join(folder, "one.pem"));
  });

  it.each(["", "..", "a/b", "a.pem", "x".repeat(65)])("refuses the name '%s'", (name) => {
    expect(() => keyPath(folder, name, {})).toThrow(refusal("key-name"));
  });

  it("does not replace a damaged key", () => {
    const path = developmentKeyPath(folder, "app", { HOLDFAST_KEYS: folder });
    writeFileSync(path, "damaged");
    expect(() => ensureDevelopmentKey(folder, "app", undefined, { HOLDFAST_KEYS: folder })).toThrow(
      refusal("key-format"),
    );
    expect(readFileSync(path, "utf8")).toBe("damaged");
  });
});

describe("keysFor", () => {
  const environment = (): NodeJS.ProcessEnv => ({ HOLDFAST_KEYS: folder });
  const make = (name: string, purpose: KeyPurpose, epoch: number) =>
    generateKey(join(folder, `${name}.pem`), "ecdsa-p256", { purpose, epoch, revoked: false });
  const runtimeKeys = () => keysFor("", "runtime-image", undefined, environment());

  it("makes a development key where there is none", () => {
    const { signer, trusted } = runtimeKeys();
    expect(trusted).toEqual([signer]);
    expect(readdirSync(folder)).toEqual(["development-runtime-image.pem"]);
  });

  it("takes the keys of the purpose only, and signs with the newest private one", () => {
    make("root", "root-image", 9);
    const newer = make("b", "runtime-image", 2);
    const older = make("c", "runtime-image", 1);
    generateKey(join(folder, "other.pem"), "ecdsa-p256");
    const remote = make("elsewhere", "runtime-image", 5);
    writeFileSync(remote.path, publicPem(remote));
    const { signer, trusted } = runtimeKeys();
    expect(signer.path).toBe(newer.path);
    expect(trusted.map(({ path }) => path)).toEqual([older.path, newer.path, remote.path]);
  });

  it("keeps a revoked key among those that it lists, and never signs with it", () => {
    const key = make("old", "runtime-image", 3);
    const newer = make("new", "runtime-image", 2);
    writeFileSync(key.path, `Holdfast-Revoked: yes\n${readFileSync(key.path, "utf8")}`);
    const { signer, trusted } = runtimeKeys();
    expect(signer.path).toBe(newer.path);
    expect(trusted.map(({ revoked }) => revoked)).toEqual([false, true]);
    rmSync(newer.path);
    expect(runtimeKeys).toThrow(refusal("key-missing"));
  });

  it("does not pass over a key file that is damaged", () => {
    make("good", "runtime-image", 0);
    writeFileSync(join(folder, "bad.pem"), "damaged");
    expect(runtimeKeys).toThrow(refusal("key-format"));
  });
});

describe("OpenSSL", () => {
  it("reads our private keys", () => {
    const made = generateKey(join(folder, "key.pem"), "ecdsa-p256", { purpose: "app", epoch: 1, revoked: false });
    const spki = openssl(["pkey", "-in", made.path, "-pubout", "-outform", "DER"]);
    if (spki !== undefined) expect(toHex(spki)).toBe(toHex(made.spki));
  });
});

/** Runs OpenSSL. @returns undefined on a machine without it */
function openssl(args: readonly string[]): Buffer | undefined {
  try {
    return execFileSync("openssl", [...args], { stdio: "pipe" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    console.warn("SKIPPED: OpenSSL using our keys: expected openssl on the path, found none");
    return undefined;
  }
}
