/** Strict DER of ECDSA signatures, against Wycheproof's P-256 vectors and hand-made encodings. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hostImageCrypto } from "../../host-tools/image/crypto.ts";
import { fromHex } from "./bytes.ts";
import { derFromRawSignature, rawSignatureFromDer } from "./ecdsa-signature.ts";

interface VectorFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly { tcId: number; comment: string; msg: string; sig: string; result: string }[];
  }[];
}

const vectors = new URL("../../../shared/vectors/wycheproof/ecdsa_secp256r1_sha256.json", import.meta.url);
const present = existsSync(vectors);
if (!present) console.warn("SKIPPED: Wycheproof ECDSA vectors: expected ../shared/vectors/wycheproof, found none");

describe.skipIf(!present)("Wycheproof ecdsa_secp256r1_sha256", () => {
  it("gives every vector its result", () => {
    const file = JSON.parse(readFileSync(vectors, "utf8")) as VectorFile;
    const wrong: string[] = [];
    let count = 0;
    for (const group of file.testGroups) {
      const publicKey = fromHex(group.publicKey.uncompressed);
      for (const test of group.tests) {
        const raw = rawSignatureFromDer(fromHex(test.sig));
        const digest = createHash("sha256").update(test.msg, "hex").digest();
        const valid = raw !== undefined && hostImageCrypto.verifyP256(publicKey, digest, raw);
        if (valid !== (test.result === "valid")) wrong.push(`${test.tcId} ${test.comment}: ${test.result}`);
        count++;
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBe(file.numberOfTests);
  });
});

describe("rawSignatureFromDer", () => {
  const r = "11".repeat(32);
  const s = "22".repeat(32);
  const good = `30440220${r}0220${s}`;

  it("reads two integers of full size", () => {
    expect(rawSignatureFromDer(fromHex(good))).toEqual(fromHex(r + s));
  });

  it("pads short integers on the left", () => {
    const raw = rawSignatureFromDer(fromHex("3006020101020200ff"));
    expect(raw).toBeUndefined();
    expect(rawSignatureFromDer(fromHex("3007020101020200ff"))).toEqual(
      fromHex(`${"00".repeat(31)}01${"00".repeat(31)}ff`),
    );
  });

  const refused: readonly [string, string][] = [
    ["nothing", ""],
    ["another tag than SEQUENCE", good.replace(/^30/, "31")],
    ["a length below the content", good.replace(/^3044/, "3043")],
    ["a length above the content", good.replace(/^3044/, "3045")],
    ["a long-form length", good.replace(/^3044/, "308144")],
    ["an indefinite length", `3080${good.slice(4)}0000`],
    ["bytes behind the sequence", `${good}00`],
    ["bytes inside behind the second integer", `3046${good.slice(4)}0500`],
    ["another tag than INTEGER", good.replace("0220", "0320")],
    ["an unneeded leading zero", `30450221${`00${r}`}0220${s}`],
    ["a negative integer", `30440220${`80${r.slice(2)}`}0220${s}`],
    ["a zero", "3006020100020101"],
    ["an empty integer", "30050200020101"],
    ["an integer of 33 bytes", `3045022101${r}0220${s}`],
    ["a second integer past the end", `30440220${r}0221${s}`],
    ["one integer only", `30220220${r}`],
  ];
  it.each(refused)("refuses %s", (_name, der) => {
    expect(rawSignatureFromDer(fromHex(der))).toBeUndefined();
  });
});

describe("derFromRawSignature", () => {
  it("is undone by rawSignatureFromDer", () => {
    for (const raw of ["01".padStart(64, "0") + "80".padStart(64, "0"), "ff".repeat(64), "7f".repeat(64)]) {
      expect(rawSignatureFromDer(derFromRawSignature(fromHex(raw)))).toEqual(fromHex(raw));
    }
  });

  it("refuses a zero and another size", () => {
    expect(() => derFromRawSignature(new Uint8Array(64))).toThrow(RangeError);
    expect(() => derFromRawSignature(new Uint8Array(63))).toThrow(RangeError);
  });
});
