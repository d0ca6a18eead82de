/** The vectors of the identity test: shared known answers, Wycheproof, standards, and random ones that node:crypto answers. */
import { createCipheriv, createECDH, createHash, createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { p256 } from "@noble/curves/nist.js";
import { Attester, enterRootOfTrust } from "../../../bootloader/identity/attestation.ts";
import { hostIdentityCrypto } from "../../../host-tools/identity/crypto.ts";
import { fromHex } from "../../../protocol/image/bytes.ts";
import { deviceOf } from "./device.ts";
import { RECORD_KINDS, RECORDS_END, type RecordKind, type VectorRecord } from "./records.ts";

const vectors = new URL("../../../../shared/vectors/", import.meta.url);
const present = existsSync(vectors);
if (!present) console.warn("SKIPPED: Open DICE and Wycheproof on the boards: expected ../shared/vectors, found none");

/** Valid signatures of Wycheproof that are verified; of the others, all. */
const VALID_SIGNATURES = 12;

/** The bytes of the storage partition. */
export function encodeRecords(records: readonly VectorRecord[]): Uint8Array {
  const parts = records.flatMap(({ kind, fields }) => [
    Uint8Array.of(RECORD_KINDS.indexOf(kind), fields.length),
    ...fields.flatMap((field) => [Uint8Array.of(field.length & 0xff, field.length >> 8), field]),
  ]);
  return new Uint8Array(Buffer.concat([...parts, Uint8Array.of(RECORDS_END)]));
}

/** All of them, the same at every run. */
export function identityVectors(): VectorRecord[] {
  return [
    ...openDice(),
    evidence(),
    ...wycheproofSignatures(),
    ...hashes(),
    ...privateKeys(),
    ...sealedTexts(),
    randomNumbers(),
  ];
}

function record(kind: RecordKind, ...fields: readonly Uint8Array[]): VectorRecord {
  return { kind, fields };
}

/** Bytes that are the same at every run. */
function noise(label: string, length: number): Uint8Array {
  return new Uint8Array(
    createHash("shake256", { outputLength: Math.max(length, 1) })
      .update(label)
      .digest(),
  ).subarray(0, length);
}

function readVectors(name: string) {
  return JSON.parse(readFileSync(new URL(name, vectors), "utf8"));
}

function openDice(): VectorRecord[] {
  if (!present) return [];
  const { cases } = readVectors("open-dice/known-answers.json");
  return cases.map(({ input, x509_p256 }: { input: Record<string, string>; x509_p256: string }) => {
    const names = ["cdi_attest", "cdi_seal", "code_hash", "config_value", "authority_hash", "hidden"];
    return record("open-dice", ...names.map((name) => fromHex(input[name] ?? "")), fromHex(x509_p256));
  });
}

/** What a host with the same secret and measurements says. */
function evidence(): VectorRecord {
  const crypto = hostIdentityCrypto();
  const secret = noise("device secret", 32);
  const nonce = noise("nonce", 64);
  const { measurement, options } = deviceOf();
  const identity = enterRootOfTrust(crypto, crypto.importSecret(secret.slice()), measurement);
  const attester = new Attester({ ...options, crypto, identity });
  return record("evidence", secret, nonce, ...attester.certificates(), attester.attest(nonce));
}

function wycheproofSignatures(): VectorRecord[] {
  if (!present) return [];
  const { testGroups } = readVectors("wycheproof/ecdsa_secp256r1_sha256_p1363.json");
  let valid = 0;
  const records: VectorRecord[] = [];
  for (const { publicKey, tests } of testGroups) {
    const key = fromHex(publicKey.uncompressed);
    for (const { msg, sig, result } of tests) {
      // Other lengths never reach the verifier: native:crypto refuses them, which the test of natives shows.
      if (sig.length !== 128) continue;
      // The special cases stand at the end of the file, each with a key of its own.
      const wanted = result === "invalid" || (tests.length < 20 && valid++ % 9 === 0 && valid / 9 < VALID_SIGNATURES);
      if (!wanted) continue;
      const digest = new Uint8Array(createHash("sha256").update(fromHex(msg)).digest());
      records.push(record("verify", key, digest, fromHex(sig), Uint8Array.of(result === "valid" ? 1 : 0)));
    }
  }
  return records;
}

/** Lengths around the blocks of both hashes, where padding changes. */
const LENGTHS = [0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 239, 240, 255, 256, 1000];

function hashes(): VectorRecord[] {
  return LENGTHS.flatMap((length) => {
    const data = noise(`data ${length}`, length);
    const key = noise(`key ${length}`, length);
    const mac = (hash: string) => new Uint8Array(createHmac(hash, key).update(data).digest());
    return [
      record("sha512", data, new Uint8Array(createHash("sha512").update(data).digest())),
      record("hmac-sha256", key, data, mac("sha256")),
      record("hmac-sha512", key, data, mac("sha512")),
    ];
  });
}

/** 1, 2, n - 2, n - 1, and random ones; the public keys are those of OpenSSL, the signatures those of @noble/curves. */
function privateKeys(): VectorRecord[] {
  const number = (text: string) => fromHex(text.padStart(64, "0"));
  const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc6325";
  const keys = [number("01"), number("02"), fromHex(`${order}4f`), fromHex(`${order}50`), noise("private key", 32)];
  return keys.flatMap((key, index) => {
    const curve = createECDH("prime256v1");
    curve.setPrivateKey(key);
    const digest = index === 0 ? new Uint8Array(32).fill(0xff) : noise(`digest ${index}`, 32);
    const nonce = keys[(index + 1) % keys.length] as Uint8Array;
    return [
      record("public-key", key, new Uint8Array(curve.getPublicKey())),
      record("sign", key, nonce, digest, signature(key, nonce, digest)),
    ];
  });
}

/** FIPS 186-5, section 6.4.1, with big integers: r = x(kG) mod n, s = (e + r d) / k mod n. */
function signature(privateKey: Uint8Array, nonce: Uint8Array, digest: Uint8Array): Uint8Array {
  const { Fn, BASE } = p256.Point;
  const [d, k, e] = [privateKey, nonce, digest].map((bytes) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`)) as [
    bigint,
    bigint,
    bigint,
  ];
  const r = Fn.create(BASE.multiply(k).toAffine().x);
  const s = Fn.mul(Fn.inv(k), Fn.add(Fn.create(e), Fn.mul(r, d)));
  return new Uint8Array([...Fn.toBytes(r), ...Fn.toBytes(s)]);
}

/** RFC 8439, section 2.8.2, and texts of other lengths; each is refused with one bit of text, tag, key, nonce or more changed. */
function sealedTexts(): VectorRecord[] {
  const sunscreen =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
  const known = record(
    "seal",
    Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index),
    fromHex("070000004041424344454647"),
    fromHex("50515253c0c1c2c3c4c5c6c7"),
    new Uint8Array(Buffer.from(sunscreen)),
    fromHex(
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b" +
        "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
        "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
    ),
  );
  const made = [0, 1, 15, 16, 17, 63, 64, 65, 1000].map((length) => {
    const [key, nonce] = [noise(`seal key ${length}`, 32), noise(`seal nonce ${length}`, 12)];
    const [associated, plain] = [noise(`associated ${length}`, length % 20), noise(`plain ${length}`, length)];
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    cipher.setAAD(associated, { plaintextLength: length });
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return record("seal", key, nonce, associated, plain, new Uint8Array(sealed));
  });
  const refused = [known, ...made].flatMap(({ fields: [key, nonce, associated, , sealed] }) =>
    [key, nonce, associated, sealed].flatMap((field, index, all) => {
      if (field === undefined || field.length === 0) return [];
      const changed = field.slice();
      const last = changed.length - 1;
      changed[last] = (changed[last] as number) ^ 1;
      return [
        record("seal-refused", ...all.map((other, position) => (position === index ? changed : (other ?? changed)))),
      ];
    }),
  );
  return [known, ...made, ...refused];
}

/** NIST CAVP, drbgvectors_no_reseed/HMAC_DRBG.rsp, SHA-512 without additional input, COUNT = 0. */
function randomNumbers(): VectorRecord {
  return record(
    "drbg",
    fromHex("35049f389a33c0ecb1293238fd951f8ffd517dfde06041d32945b3e26914ba15"),
    fromHex("f7328760be6168e6aa9fb54784989a11"),
    fromHex(
      "e76491b0260aacfded01ad39fbf1a66a88284caa5123368a2ad9330ee48335e3c9c9ba90e6cbc9429962d60c1a6661ed" +
        "cfaa31d972b8264b9d4562cf18494128a092c17a8da6f3113e8a7edfcd4427082bd390675e9662408144971717303d8d" +
        "c352c9e8b95e7f35fa2ac9f549b292bc7c4bc7f01ee0a577859ef6e82d79ef23892d167c140d22aac32b64ccdfeee273" +
        "0528a38763b24227f91ac3ffe47fb11538e435307e77481802b0f613f370ffb0dbeab774fe1efbb1a80d01154a9459e7" +
        "3ad361108bbc86b0914f095136cbe634555ce0bb263618dc5c367291ce0825518987154fe9ecb052b3f0a256fcc30cc1" +
        "4572531c9628973639beda456f2bddf6",
    ),
  );
}
