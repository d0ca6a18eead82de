/** The COSE working group's COSE_Sign1 examples: those that must pass pass, those that must fail fail for their own reason. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { p256 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import { CborError } from "../cbor/errors.ts";
import { type CborEntry, CborMap } from "../cbor/values.ts";
import { fromHex, toHex } from "../image/bytes.ts";
import { CoseError } from "./errors.ts";
import { ALGORITHM_ES256, HEADER_CONTENT_TYPE, HEADER_KEY_ID } from "./headers.ts";
import { type Sign1Rules, signSign1, verifySign1 } from "./sign1.ts";

interface Vector {
  readonly title: string;
  readonly fail?: boolean;
  readonly input: {
    readonly plaintext: string;
    readonly sign0: {
      readonly key: { readonly x: string; readonly y: string; readonly d: string };
      readonly protected: { readonly alg: string; readonly ctyp?: number };
      readonly external?: string;
    };
    readonly failures?: object;
  };
  readonly intermediates: { readonly ToBeSign_hex: string };
  readonly output: { readonly cbor: string };
}

const folder = new URL("../../../shared/vectors/cose/", import.meta.url);
const present = existsSync(folder);
if (!present) console.warn("SKIPPED: COSE examples: expected ../shared/vectors/cose, found none");
const files = present ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];

const OPTIONS = { prehash: false, lowS: false } as const;
const RAW = { ...OPTIONS, format: "compact" } as const;

function read(name: string): Vector {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}

function keyOf({ input }: Vector): { publicKey: Uint8Array; secret: Uint8Array } {
  const { x, y, d } = input.sign0.key;
  const [left, right, secret] = [x, y, d].map((text) => Buffer.from(text, "base64url")) as [Buffer, Buffer, Buffer];
  return { publicKey: new Uint8Array([4, ...left, ...right]), secret: new Uint8Array(secret) };
}

/** ES256, or for the one ES512 example SHA-512 with the same curve: the layer below must not care. */
function verifierOf(vector: Vector, algorithm: number) {
  const { publicKey } = keyOf(vector);
  const hash = algorithm === ALGORITHM_ES256 ? "sha256" : "sha512";
  const signed: string[] = [];
  return {
    signed,
    algorithm,
    verify(message: Uint8Array, signature: Uint8Array): boolean {
      signed.push(toHex(message).toUpperCase());
      const digest = createHash(hash).update(message).digest();
      return p256.verify(signature, new Uint8Array(digest), publicKey, RAW);
    },
  };
}

/** The code with which a message is refused, or its payload as text. */
function outcome(vector: Vector, rules: Sign1Rules = {}, algorithm = ALGORITHM_ES256): string {
  const { external } = vector.input.sign0;
  const given = external === undefined ? rules : { ...rules, external: fromHex(external) };
  try {
    const { payload } = verifySign1(fromHex(vector.output.cbor), verifierOf(vector, algorithm), given);
    return Buffer.from(payload).toString();
  } catch (error) {
    if (error instanceof CoseError || error instanceof CborError) return error.code;
    throw error;
  }
}

const CONTENT = "This is the content.";

describe.skipIf(!present)("COSE working group examples", () => {
  it("are the ones listed here", () => {
    expect(files).toEqual([...EXPECTED.map(([name]) => name)].sort());
  });

  /** File, what its title says must happen, what our strict rules say, what the widest rules of RFC 9052 say. */
  const EXPECTED: readonly [file: string, fails: boolean, strict: string, wide: string][] = [
    ["ecdsa-sig-01.json", false, CONTENT, CONTENT],
    ["ecdsa-sig-04.json", false, "algorithm", "algorithm"], // ES512: see below
    ["sign-fail-01.json", true, "tag-not-allowed", "tag-not-allowed"],
    ["sign-fail-02.json", true, "signature", "signature"],
    ["sign-fail-03.json", true, "algorithm", "algorithm"],
    ["sign-fail-04.json", true, "algorithm", "algorithm"],
    ["sign-fail-06.json", true, "signature", "signature"],
    ["sign-fail-07.json", true, "signature", "signature"],
    ["sign-pass-01.json", false, "algorithm", CONTENT], // alg is not protected
    ["sign-pass-02.json", false, CONTENT, CONTENT],
    ["sign-pass-03.json", false, "tag", CONTENT], // no tag
  ];
  it.each(EXPECTED)("%s", (name, fails, strict, wide) => {
    const vector = read(name);
    expect(vector.fail ?? false).toBe(fails);
    expect(outcome(vector)).toBe(strict);
    expect(outcome(vector, { tag: "optional", algorithm: "anywhere" })).toBe(wide);
  });

  it("ecdsa-sig-04 passes with a verifier of its algorithm", () => {
    expect(outcome(read("ecdsa-sig-04.json"), {}, -36)).toBe(CONTENT);
  });

  it("sign-pass-02 fails without its external data", () => {
    const vector = read("sign-pass-02.json");
    expect(() => verifySign1(fromHex(vector.output.cbor), verifierOf(vector, ALGORITHM_ES256))).toThrow(
      expect.objectContaining({ code: "signature" }),
    );
  });

  it.each(files.filter((name) => !name.includes("fail")))("%s: the bytes to be signed", (name) => {
    const vector = read(name);
    const verifier = verifierOf(vector, name.includes("04") ? -36 : ALGORITHM_ES256);
    const { external } = vector.input.sign0;
    verifySign1(fromHex(vector.output.cbor), verifier, {
      tag: "optional",
      algorithm: "anywhere",
      ...(external === undefined ? {} : { external: fromHex(external) }),
    });
    expect(verifier.signed).toEqual([vector.intermediates.ToBeSign_hex]);
  });

  it.each(["ecdsa-sig-01.json", "sign-pass-02.json", "sign-pass-03.json"])("%s: made again byte for byte", (name) => {
    const vector = read(name);
    const { external, protected: header } = vector.input.sign0;
    const { secret } = keyOf(vector);
    const entries: CborEntry[] = header.ctyp === undefined ? [] : [[HEADER_CONTENT_TYPE, header.ctyp]];
    const made = signSign1(
      {
        payload: new Uint8Array(Buffer.from(vector.input.plaintext)),
        protectedHeader: new CborMap(entries),
        unprotectedHeader: new CborMap([[HEADER_KEY_ID, fromHex("3131")]]),
        tagged: name !== "sign-pass-03.json",
        ...(external === undefined ? {} : { external: fromHex(external) }),
      },
      {
        algorithm: ALGORITHM_ES256,
        sign: (message) =>
          p256.sign(new Uint8Array(createHash("sha256").update(message).digest()), secret, {
            ...RAW,
            extraEntropy: false,
          }),
      },
    );
    expect(toHex(made).toUpperCase()).toBe(vector.output.cbor);
  });
});
