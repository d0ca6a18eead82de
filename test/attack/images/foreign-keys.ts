/** Attack 1c: signatures that are right, by keys that must not count: other purposes, revoked ones, old epochs, other products. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SlotVerifier } from "../../../bootloader/slots/slot-verifier.ts";
import { type Trust, trustFromText } from "../../../bootloader/slots/trust.ts";
import { hostImageCrypto, signDigest } from "../../../host-tools/image/crypto.ts";
import { createUnsignedImage, readUnsignedImage } from "../../../host-tools/image/offline.ts";
import { memoryImageSource } from "../../../host-tools/image/source.ts";
import { classIdentifier, vendorIdentifier } from "../../../host-tools/image/uuid.ts";
import { loadBuildKeys } from "../../../host-tools/keys/build-keys.ts";
import { generateKey } from "../../../host-tools/keys/generate.ts";
import { type ImageKey, trustedKeyText } from "../../../host-tools/keys/key-file.ts";
import type { KeyPurpose } from "../../../host-tools/keys/key-label.ts";
import { keysFor } from "../../../host-tools/keys/key-ring.ts";
import { keyPath } from "../../../host-tools/keys/keys-folder.ts";
import { revokeKey } from "../../../host-tools/keys/trust.ts";
import { attachSignatures, type ImageDescription } from "../../../protocol/image/image.ts";
import type { TrialResult } from "./trials.ts";

type Stage = "root" | "runtime";

const ADDRESS = 0x40100000;
const vendorId = vendorIdentifier("holdfast");
const classOf = (stage: Stage): Uint8Array => classIdentifier(stage === "root" ? "board root" : "board", vendorId);

function description(stage: Stage): ImageDescription & Required<Pick<ImageDescription, "payload">> {
  return {
    payload: new Uint8Array(40).fill(1),
    version: { major: 1, minor: 0, revision: 0, build: 0 },
    placement: { kind: "ram", address: ADDRESS },
    securityCounter: 3,
    softwareType: stage,
    vendorId,
    classId: classOf(stage),
  };
}

/** What the stage before `stage` says of an image. */
function verdict(trust: Trust, image: Uint8Array, keyEpoch: number): string {
  const verifier = new SlotVerifier({
    keys: trust.keys,
    crypto: hostImageCrypto,
    source: () => memoryImageSource(image),
    policy: () => ({
      vendorId: trust.vendorId,
      classId: trust.classId,
      installedVersion: () => undefined,
      runAddress: trust.runAddress.a,
    }),
  });
  const checked = verifier.verify("a", { securityCounter: 3, keyEpoch }, "start");
  return "refused" in checked ? checked.refused : "accepted";
}

interface Attempt {
  readonly name: string;
  readonly stage: Stage;
  readonly key: ImageKey;
  readonly code: string;
  readonly changes?: Partial<ImageDescription>;
  /** Epoch that the device has confirmed. */
  readonly epoch?: number;
  /** The key hash that the signature comes under, when it is not its own. */
  readonly claims?: ImageKey;
}

/** Builds trust as a build does, and tries every key of the machine on every stage. */
export function foreignKeys(): TrialResult {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-foreign-keys-"));
  try {
    return tryKeys(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tryKeys(folder: string): TrialResult {
  const environment = { HOLDFAST_KEYS: join(folder, "keys") };
  const make = (name: string, purpose: KeyPurpose, epoch = 0): ImageKey =>
    generateKey(keyPath(folder, name, environment), "ecdsa-p256", { purpose, epoch, revoked: false });
  const keys = {
    root: make("root", "root-image"),
    runtime: make("runtime", "runtime-image"),
    newer: make("newer", "runtime-image", 2),
    app: make("app", "app"),
    capability: make("capability", "capability"),
  };
  const revoked = make("revoked", "runtime-image", 1);
  revokeKey(revoked.path);
  const stranger = generateKey(join(folder, "stranger.pem"), "ecdsa-p256");
  const trustOf = (stage: Stage): Trust => {
    const purpose = stage === "root" ? "root-image" : "runtime-image";
    // Through JSON, as the build's configuration goes.
    const texts = keysFor(folder, purpose, undefined, environment).trusted.map((key) => trustedKeyText(key));
    return trustFromText({
      keys: JSON.parse(JSON.stringify(texts)),
      vendorId: Buffer.from(vendorId).toString("hex"),
      classId: Buffer.from(classOf(stage)).toString("hex"),
      runAddress: { a: ADDRESS, b: ADDRESS },
    });
  };
  const { runtime, newer, root, app, capability } = keys;
  const others: Partial<ImageDescription> = { vendorId: vendorIdentifier("example.com") };
  const attempts: readonly Attempt[] = [
    { name: "its own key", stage: "root", key: root, code: "accepted" },
    { name: "its own key", stage: "runtime", key: runtime, code: "accepted" },
    { name: "a key of a newer epoch", stage: "runtime", key: newer, code: "accepted" },
    ...[runtime, newer, app, capability, revoked, stranger].map(
      (key): Attempt => ({ name: `a key for ${key.purpose}`, stage: "root", key, code: "key-unknown" }),
    ),
    ...[root, app, capability, stranger].map(
      (key): Attempt => ({ name: `a key for ${key.purpose}`, stage: "runtime", key, code: "key-unknown" }),
    ),
    { name: "a revoked key", stage: "runtime", key: revoked, code: "key-revoked" },
    {
      name: "an old epoch's key after a newer was confirmed",
      stage: "runtime",
      key: runtime,
      epoch: 2,
      code: "key-revoked",
    },
    { name: "the newest epoch's key", stage: "runtime", key: newer, epoch: 2, code: "accepted" },
    {
      name: "a stranger under a trusted name",
      stage: "runtime",
      key: stranger,
      claims: runtime,
      code: "signature-invalid",
    },
    { name: "another vendor's image", stage: "runtime", key: runtime, changes: others, code: "vendor-mismatch" },
    {
      name: "another board's image",
      stage: "runtime",
      key: runtime,
      changes: { classId: classIdentifier("other board", vendorId) },
      code: "class-mismatch",
    },
    {
      name: "the other stage's image, if one key signed both",
      stage: "runtime",
      key: runtime,
      changes: { classId: classOf("root") },
      code: "class-mismatch",
    },
    {
      name: "an app, if the same key signed it",
      stage: "runtime",
      key: runtime,
      changes: { bootable: false },
      code: "not-bootable",
    },
  ];
  const violations: string[] = [];
  for (const { name, stage, key, code, changes, epoch = 0, claims = key } of attempts) {
    const region = createUnsignedImage({ ...description(stage), ...changes }, claims);
    const { digest } = readUnsignedImage(region);
    const image = attachSignatures(region, digest, [{ ...signDigest(digest, key), keyHash: claims.keyHash }]);
    const found = verdict(trustOf(stage), image, epoch);
    if (found !== code) violations.push(`${stage} image, ${name}: expected ${code}, found ${found}`);
  }
  const build = namedKeys(folder, environment);
  return { cases: attempts.length + 1, violations: build === undefined ? violations : [...violations, build] };
}

/** The build's own choice of keys is the one tried above. */
function namedKeys(folder: string, environment: NodeJS.ProcessEnv): string | undefined {
  const before = process.env.HOLDFAST_KEYS;
  process.env.HOLDFAST_KEYS = environment.HOLDFAST_KEYS;
  try {
    const { root, runtime, capability } = loadBuildKeys(folder);
    const purposes = [root, runtime, capability].map(({ trusted }) => [
      ...new Set(trusted.map(({ purpose }) => purpose)),
    ]);
    const found = JSON.stringify(purposes);
    const expected = JSON.stringify([["root-image"], ["runtime-image"], ["capability"]]);
    return found === expected ? undefined : `a build: expected trust in ${expected}, found ${found}`;
  } finally {
    if (before === undefined) delete process.env.HOLDFAST_KEYS;
    else process.env.HOLDFAST_KEYS = before;
  }
}
