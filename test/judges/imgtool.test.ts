/** MCUboot's imgtool as an independent judge: random images go both ways and parse equal, for both algorithms. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerificationPolicy } from "../../bootloader/verify.ts";
import { signDigest } from "../../host-tools/image/crypto.ts";
import { inspectImage } from "../../host-tools/image/inspect.ts";
import { attachSignature, createUnsignedImage, readUnsignedImage } from "../../host-tools/image/offline.ts";
import { signImage } from "../../host-tools/image/sign.ts";
import { formatUuid } from "../../host-tools/image/uuid.ts";
import { verifyWithProfile } from "../../host-tools/image/verify.ts";
import { type ImageKey, loadKey, publicPem, trustedKey } from "../../host-tools/keys/key-file.ts";
import { keyLabelText } from "../../host-tools/keys/key-label.ts";
import { imgtoolCommand } from "../../host-tools/setup/judges.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import type { ImageDescription } from "../../protocol/image/image.ts";
import { formatVersion } from "../../protocol/image/version.ts";

/** Images each way and algorithm. */
const IMAGES = 200;
/** Fixed, so that a failure can be repeated; change it to look further. */
const SEED = 20261124;
const TIMEOUT = 120_000;
/** Runs commands of imgtool in one interpreter, since starting one takes longer than signing a hundred images. */
const BATCH = join(import.meta.dirname, "imgtool-batch.py");

const command = imgtoolCommand();
if (command === undefined) {
  console.warn("SKIPPED: imgtool judge: expected imgtool in the cache (npm test installs it), found none");
}

type Description = Omit<ImageDescription, "signer">;

const byte = fc.nat(255);
const version = fc.record({ major: byte, minor: byte, revision: fc.nat(65535), build: fc.nat(0xffffffff) });
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 });
const address = fc.nat(0xfffffffe).map((value) => value + 1);

/** `holdfast`: with all mandatory TLVs. Otherwise each is there or not, which only the mcuboot profile admits. */
function descriptions(holdfast: boolean): fc.Arbitrary<Description> {
  const identity = {
    securityCounter: fc.nat(0xffffffff),
    softwareType: fc.stringMatching(/^[A-Z]{1,12}$/),
    vendorId: uuid,
    classId: uuid,
  };
  const common = {
    payload: fc.uint8Array({ minLength: 1, maxLength: 3000, size: "max" }),
    version,
    headerByteLength: fc.constantFrom(32, 33, 64, 512),
    placement: fc.oneof(
      fc.constant({ kind: "anywhere" } as const),
      fc.record({ kind: fc.constantFrom("ram" as const, "rom" as const), address }),
    ),
    bootable: fc.boolean(),
    dependencies: fc.uniqueArray(fc.record({ image: byte, minimum: version }), {
      maxLength: 3,
      selector: (dependency) => dependency.image,
    }),
    vendorTlvs: fc.uniqueArray(
      fc.record({ type: fc.integer({ min: 0xa0, max: 0xfe }), value: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
      { maxLength: 3, selector: (tlv) => tlv.type },
    ),
  };
  return holdfast
    ? fc.record({ ...common, ...identity })
    : (fc.record(
        { ...common, ...identity },
        { requiredKeys: ["payload", "version", "headerByteLength"] },
      ) as fc.Arbitrary<Description>);
}

/** The same image as imgtool's options. */
function imgtoolOptions(image: Description): string[] {
  const options = [
    "--pad-header",
    "-H",
    `${image.headerByteLength}`,
    "-S",
    "0x10000",
    "-v",
    formatVersion(image.version),
  ];
  if (image.securityCounter !== undefined) options.push("-s", `${image.securityCounter}`);
  if (image.softwareType !== undefined) options.push("--boot-record", image.softwareType);
  if (image.vendorId !== undefined) options.push("--vid", formatUuid(image.vendorId));
  if (image.classId !== undefined) options.push("--cid", formatUuid(image.classId));
  if (image.bootable === false) options.push("--non-bootable");
  if (image.placement?.kind === "ram") options.push("-L", `${image.placement.address}`);
  if (image.placement?.kind === "rom") options.push("-F", `${image.placement.address}`);
  const dependencies = image.dependencies ?? [];
  if (dependencies.length > 0) {
    options.push("-d", dependencies.map((one) => `(${one.image}, ${formatVersion(one.minimum)})`).join(""));
  }
  for (const tlv of image.vendorTlvs ?? [])
    options.push("--custom-tlv", `0x${tlv.type.toString(16)}`, `0x${toHex(tlv.value)}`);
  return options;
}

/** How a command of imgtool ended: `error` is null when it succeeded. */
interface Answer {
  readonly said: string;
  readonly error: string | null;
}

interface DumpedTlv {
  readonly type: number;
  readonly len: number;
  readonly data: string;
}

/** imgtool's parse and ours, brought to one shape. */
function theirParse(json: string): object {
  const { header, tlv_area } = JSON.parse(json) as {
    header: Record<string, number | string>;
    tlv_area: { tlvs_prot: DumpedTlv[]; tlvs: DumpedTlv[] };
  };
  const tlvs = (list: DumpedTlv[]) => list.map(({ type, len, data }) => ({ type, length: len, value: data }));
  return {
    version: header.version,
    loadAddress: header.load_addr,
    headerByteLength: header.hdr_size,
    protectedByteLength: header.protected_tlv_size,
    payloadByteLength: header.img_size,
    protected: tlvs(tlv_area.tlvs_prot),
    unprotected: tlvs(tlv_area.tlvs),
  };
}

function ourParse(bytes: Uint8Array): object {
  const { version, loadAddress, headerByteLength, protectedByteLength, payloadByteLength, tlvs } = inspectImage(bytes);
  const list = (area: string) =>
    tlvs.filter((tlv) => tlv.area === area).map(({ type, length, value }) => ({ type, length, value }));
  const fields = { version, loadAddress, headerByteLength, protectedByteLength, payloadByteLength };
  return { ...fields, protected: list("protected"), unprotected: list("unprotected") };
}

const openPolicy = (key: ImageKey): Omit<VerificationPolicy, "profile"> => ({
  keys: [trustedKey(key)],
  minimumCounter: 0,
  vendorId: "any",
  classId: "any",
  slotByteLength: 0x10000,
  installedVersion: "any",
  bootable: false,
  runAddress: "any",
});

describe.skipIf(command === undefined).each([
  ["ecdsa-p256", "ecdsa-p256"],
  ["ed25519", "ed25519"],
] as const)("imgtool, %s", (algorithm, imgtoolType) => {
  let folder: string;
  let key: ImageKey;
  const at = (name: string): string => join(folder, name);

  /** Runs commands in order; one that fails is a result like any other. */
  function batch(commands: readonly (readonly string[])[]): readonly Answer[] {
    const python = command?.[0] ?? "";
    const options = { encoding: "utf8", input: JSON.stringify(commands), maxBuffer: 1 << 28 } as const;
    const { status, stdout, stderr } = spawnSync(python, [BATCH], options);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout) as Answer[];
  }

  /** Runs commands of which none may fail. @returns what they said */
  function imgtool(...commands: readonly (readonly string[])[]): readonly string[] {
    return batch(commands).map(({ said, error }, index) => {
      expect(error, `${commands[index]?.join(" ")}\n${said}`).toBeNull();
      return said;
    });
  }

  const dumpCommand = (path: string): string[] => ["dumpinfo", "-f", "json", "-o", `${path}.json`, path];
  const dumped = (path: string): object => theirParse(readFileSync(`${path}.json`, "utf8"));
  const sample = (holdfast: boolean): readonly Description[] =>
    fc.sample(descriptions(holdfast), { numRuns: IMAGES, seed: SEED });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-imgtool-"));
    imgtool(["keygen", "-k", at("key.pem"), "-t", imgtoolType], ["keygen", "-k", at("other.pem"), "-t", imgtoolType]);
    key = loadKey(at("key.pem"));
    writeFileSync(at("public.pem"), publicPem(key));
  }, TIMEOUT);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("agrees on the key hash", () => {
    imgtool(["getpubhash", "-k", at("key.pem"), "-e", "raw", "-o", at("hash")]);
    expect(toHex(readFileSync(at("hash")))).toBe(toHex(key.keyHash));
    expect(key.publicKey.algorithm).toBe(algorithm);
  });

  it("reads keys with our label, with which its images are the same", () => {
    const label = { purpose: "runtime-image", epoch: 3, revoked: false } as const;
    writeFileSync(at("labelled.pem"), keyLabelText(label) + readFileSync(at("key.pem"), "utf8"));
    imgtool(["getpubhash", "-k", at("labelled.pem"), "-e", "raw", "-o", at("hash")]);
    expect(toHex(readFileSync(at("hash")))).toBe(toHex(loadKey(at("labelled.pem")).keyHash));
    writeFileSync(at("labelled-public.pem"), publicPem(loadKey(at("labelled.pem"))));
    const [image] = sample(true) as [Description];
    writeFileSync(at("labelled"), signImage(image, [loadKey(at("labelled.pem"))]).bytes);
    imgtool(["verify", "-k", at("labelled-public.pem"), at("labelled")]);
  });

  it(
    `accepts ${IMAGES} images of ours with the public key, and parses them as we do`,
    () => {
      const images = sample(true).map((image, index) => ({ path: at(`ours-${index}`), ...signImage(image, [key]) }));
      for (const { path, bytes } of images) writeFileSync(path, bytes);
      const said = imgtool(...images.map(({ path }) => ["verify", "-k", at("public.pem"), path]));
      imgtool(...images.map(({ path }) => dumpCommand(path)));
      images.forEach(({ path, bytes, digest }, index) => {
        expect(said[index]).toContain("Image was correctly validated");
        expect(said[index]).toContain(toHex(digest));
        expect(dumped(path)).toEqual(ourParse(bytes));
      });
      expect(new Set(images.map(({ digest }) => toHex(digest))).size).toBeGreaterThanOrEqual(IMAGES - 1);
    },
    TIMEOUT,
  );

  it(
    `makes ${IMAGES} images that we accept, parse as it does, and would have made byte for byte`,
    () => {
      const profiles = new Map<string, number>();
      const every = [...sample(true).slice(0, IMAGES / 2), ...sample(false).slice(0, IMAGES / 2)];
      const images = every.map((image, index) => ({ image, path: at(`theirs-${index}`) }));
      for (const { image, path } of images) writeFileSync(`${path}.bin`, image.payload);
      imgtool(
        ...images.map(({ image, path }) => [
          ...["sign", "-k", at("key.pem"), ...imgtoolOptions(image)],
          ...[`${path}.bin`, path],
        ]),
      );
      imgtool(...images.map(({ path }) => dumpCommand(path)));
      for (const { image, path } of images) {
        const theirs = readFileSync(path);
        const { profile } = verifyWithProfile(theirs, openPolicy(key), "auto");
        profiles.set(profile, (profiles.get(profile) ?? 0) + 1);
        expect(ourParse(theirs)).toEqual(dumped(path));
        const { bytes: ours, signedByteLength } = signImage(image, [key]);
        // ECDSA takes a random nonce there, so that only Ed25519 images can be equal to their last byte.
        const same = algorithm === "ed25519" ? ours.length : signedByteLength;
        expect(Buffer.compare(theirs.subarray(0, same), ours.subarray(0, same))).toBe(0);
        expect(theirs.length - same).toBeLessThan(algorithm === "ed25519" ? 1 : 200);
      }
      expect(profiles.get("mcuboot")).toBeGreaterThan(IMAGES / 4);
      expect(profiles.get("holdfast")).toBeGreaterThanOrEqual(IMAGES / 2);
    },
    TIMEOUT,
  );

  it("accepts an image whose digest was signed elsewhere", () => {
    const [image] = sample(true) as [Description];
    const unsigned = createUnsignedImage(image, key);
    const { signature } = signDigest(readUnsignedImage(unsigned).digest, key);
    writeFileSync(at("offline"), attachSignature(unsigned, signature, key));
    imgtool(["verify", "-k", at("public.pem"), at("offline")]);
  });

  it("makes a signature that fits the same image made by us", () => {
    const [image] = sample(true) as [Description];
    writeFileSync(at("two.bin"), image.payload);
    imgtool(["sign", "-k", at("key.pem"), ...imgtoolOptions(image), at("two.bin"), at("two")]);
    const { digest, signatures } = readUnsignedImage(readFileSync(at("two")));
    expect(signatures).toHaveLength(1);
    const [{ signature } = { signature: new Uint8Array() }] = signatures;
    const again = attachSignature(createUnsignedImage(image, key), signature, key);
    expect(Buffer.compare(again, readFileSync(at("two")))).toBe(0);
    expect(digest).toEqual(readUnsignedImage(again).digest);
  });

  it("refuses what we refuse: a changed byte, another key", () => {
    const images = sample(true).slice(0, 20);
    const paths = images.map((image, index) => {
      const { bytes, signedByteLength } = signImage(image, [key]);
      writeFileSync(at(`good-${index}`), bytes);
      const place = (index * 97) % signedByteLength;
      bytes[place] = (bytes[place] as number) ^ (1 << (index % 8));
      writeFileSync(at(`changed-${index}`), bytes);
      expect(() => verifyWithProfile(bytes, openPolicy(key), "auto")).toThrow();
      const good = readFileSync(at(`good-${index}`));
      expect(() => verifyWithProfile(good, openPolicy(loadKey(at("other.pem"))), "auto")).toThrow(
        expect.objectContaining({ code: "key-unknown" }),
      );
      return index;
    });
    const refused = batch(
      paths.flatMap((index) => [
        ["verify", "-k", at("public.pem"), at(`changed-${index}`)],
        ["verify", "-k", at("other.pem"), at(`good-${index}`)],
      ]),
    );
    expect(refused.filter(({ error }) => error === null)).toEqual([]);
  });
});
