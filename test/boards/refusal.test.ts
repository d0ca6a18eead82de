/** The root of trust on both boards refuses every changed image, each for the right reason, and these tests can tell. */
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { flipBit, type ImageRegion, type ImageRegionName, imageRegions } from "../../host-tools/image/image-regions.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import type { ParsedImage } from "../../protocol/image/parse.ts";
import {
  TLV_BOOT_RECORD,
  TLV_CLASS_ID,
  TLV_ECDSA_SIGNATURE,
  TLV_KEY_HASH,
  TLV_SECURITY_COUNTER,
  TLV_SHA256,
  TLV_VENDOR_ID,
} from "../../protocol/image/tlv.ts";
import {
  bootToPowerOff,
  buildProduct,
  expectRefusal,
  holdfast,
  NO_IMAGE,
  onlyObject,
  type Product,
  parse,
  remake,
  root,
} from "./product.ts";

const boards = boardNames(root);

/** Finds the byte to change. */
type Place = (image: ParsedImage) => number;

const at =
  (offset: number): Place =>
  () =>
    offset;
/** Byte of a TLV's value; -4 is its type, -2 its length. */
const tlv =
  (type: number, byte: number): Place =>
  ({ protectedTlvs, unprotectedTlvs }) => {
    const found = [...protectedTlvs, ...unprotectedTlvs].find((each) => each.type === type);
    if (found === undefined) throw new RangeError(`expected a TLV of type ${type}, found none`);
    return found.offset + (byte >= found.value.length ? found.value.length - 1 : byte);
  };
const LAST = Number.MAX_SAFE_INTEGER;
const protectedStart: Place = ({ signedByteLength, header }) => signedByteLength - header.protectedByteLength;
const unprotectedStart: Place = ({ signedByteLength }) => signedByteLength;
const after =
  (place: Place, bytes: number): Place =>
  (image) =>
    place(image) + bytes;

/** Every field of the header and of both TLV areas: its first byte, and further ones where a field is long. */
const FIELDS: readonly (readonly [field: string, code: string, place: Place, bit?: number])[] = [
  ["magic, first byte", NO_IMAGE, at(0)],
  ["magic, last byte", NO_IMAGE, at(3), 7],
  ["load address, first byte", "digest-mismatch", at(4)],
  ["load address, last byte", "digest-mismatch", at(7), 7],
  ["header size", "tlv-structure", at(8)],
  ["protected size", "tlv-structure", at(10)],
  ["payload size, first byte", "tlv-structure", at(12)],
  ["payload size, last byte", "slot-bounds", at(15), 7],
  ["flags, an unknown one", "header-unsupported", at(16)],
  ["flags, non-bootable", "digest-mismatch", at(16), 4],
  ["version, major", "digest-mismatch", at(20)],
  ["version, minor", "digest-mismatch", at(21)],
  ["version, revision", "digest-mismatch", at(22)],
  ["version, build", "digest-mismatch", at(24), 7],
  ["reserved", "header-unsupported", at(28)],
  ["reserved, last byte", "header-unsupported", at(31), 7],
  ["protected area, magic", "tlv-structure", protectedStart],
  ["protected area, length", "tlv-structure", after(protectedStart, 2)],
  ["security counter, type", "tlv-not-allowed", tlv(TLV_SECURITY_COUNTER, -4)],
  ["security counter, length", "tlv-structure", tlv(TLV_SECURITY_COUNTER, -2)],
  ["security counter, first byte", "digest-mismatch", tlv(TLV_SECURITY_COUNTER, 0), 1],
  ["security counter, last byte", "digest-mismatch", tlv(TLV_SECURITY_COUNTER, LAST), 7],
  ["boot record, first byte", "digest-mismatch", tlv(TLV_BOOT_RECORD, 0)],
  ["boot record, middle", "digest-mismatch", tlv(TLV_BOOT_RECORD, 30)],
  ["boot record, last byte", "digest-mismatch", tlv(TLV_BOOT_RECORD, LAST)],
  ["vendor, first byte", "digest-mismatch", tlv(TLV_VENDOR_ID, 0)],
  ["vendor, last byte", "digest-mismatch", tlv(TLV_VENDOR_ID, LAST)],
  ["class, first byte", "digest-mismatch", tlv(TLV_CLASS_ID, 0)],
  ["class, last byte", "digest-mismatch", tlv(TLV_CLASS_ID, LAST)],
  ["unprotected area, magic", "tlv-structure", unprotectedStart],
  ["unprotected area, length", "tlv-structure", after(unprotectedStart, 2)],
  ["digest, type", "tlv-not-allowed", tlv(TLV_SHA256, -4)],
  ["digest, first byte", "digest-mismatch", tlv(TLV_SHA256, 0)],
  ["digest, last byte", "digest-mismatch", tlv(TLV_SHA256, LAST)],
  ["key hash, first byte", "key-unknown", tlv(TLV_KEY_HASH, 0)],
  ["key hash, last byte", "key-unknown", tlv(TLV_KEY_HASH, LAST)],
  ["signature, first byte", "signature-invalid", tlv(TLV_ECDSA_SIGNATURE, 0)],
  ["signature, middle", "signature-invalid", tlv(TLV_ECDSA_SIGNATURE, 35)],
  ["signature, last byte", "signature-invalid", tlv(TLV_ECDSA_SIGNATURE, LAST)],
];

/** Where the payload's own header says how long code and archive are. */
const CODE_LENGTH = 12;
const ARCHIVE_LENGTH = 16;

/** Regions without structure of their own, and where in them bytes are changed, as parts of their length. */
const SPANS: readonly (readonly [ImageRegionName, readonly number[]])[] = [
  ["header padding", [0, 0.5, 1]],
  ["code", [0, 0.13, 0.34, 0.5, 0.71, 0.89, 1]],
  ["archive", [0, 0.3, 0.5, 0.8, 1]],
];

describe.each(boards)("the root of trust of %s", (name) => {
  let product: Product;
  beforeAll(async () => {
    product = await buildProduct(name);
  }, 240_000);

  const flipped = (place: number, bit = 0) => flipBit(product.image, place, bit);
  const region = (wanted: ImageRegionName): ImageRegion => {
    const found = imageRegions(product.image).find((each) => each.name === wanted);
    if (found === undefined) throw new RangeError(`expected a region ${wanted}, found none`);
    return found;
  };
  const inside = ({ offset, byteLength }: ImageRegion, part: number) => offset + Math.floor((byteLength - 1) * part);

  it.each(FIELDS.map(([field, code, place, bit = 0]) => [field, code, place, bit] as const))(
    "refuses one flipped bit in %s: %s",
    async (_field, code, place, bit) => {
      await expectRefusal(product, flipped(place(parse(product.image)), bit), code);
    },
  );

  it.each(SPANS.flatMap(([span, parts]) => parts.map((part) => [span, part] as const)))(
    "refuses one flipped bit in the %s, at %d of its length",
    async (span, part) => {
      await expectRefusal(product, flipped(inside(region(span), part), 3), "digest-mismatch");
    },
  );

  it("has no region that these tables leave out", () => {
    const covered = new Set<string>(SPANS.map(([span]) => span));
    const places = FIELDS.map(([, , place]) => place(parse(product.image)));
    for (const { name: each, offset, byteLength } of imageRegions(product.image))
      if (places.some((place) => place >= offset && place < offset + byteLength)) covered.add(each);
    expect([...covered].sort()).toEqual(
      imageRegions(product.image)
        .map((each) => each.name)
        .sort(),
    );
  });

  it("refuses other images that are complete, each by name", async () => {
    const { key, image } = product;
    const { headerByteLength, loadAddress } = parse(image).header;
    expect(Buffer.from(remake(product, {}, key)).equals(image), "a remade image is the same image").toBe(true);
    await expectRefusal(product, remake(product, {}, testKey("ecdsa-p256")), "key-unknown");
    await expectRefusal(product, remake(product, {}, testKey("ed25519")), "key-unknown");
    await expectRefusal(product, remake(product, { vendorId: new Uint8Array(16) }, key), "vendor-mismatch");
    await expectRefusal(product, remake(product, { bootable: false }, key), "not-bootable");
    for (const kind of ["ram", "rom"] as const)
      await expectRefusal(
        product,
        remake(product, { placement: { kind, address: loadAddress + headerByteLength } }, key),
        "address-mismatch",
      );
    await expectRefusal(product, remake(product, { placement: { kind: "anywhere" } }, key), "address-mismatch");
  });

  it.each<
    [what: string, claim: (codeLength: number, archiveLength: number) => readonly [number, number], found: string]
  >([
    ["an archive 64 KiB longer than was signed", (code, archive) => [code, archive + 0x10000], "an_archive"],
    ["an archive one byte longer than was signed", (code, archive) => [code, archive + 1], "an_archive"],
    ["code that moves the archive by one alignment", (code, archive) => [code + 1, archive], "an_archive"],
    ["an archive that wraps round", (code) => [code, 2 ** 32 - code], "an_archive"],
    ["code that reaches 4 GiB", () => [0xffff_ffff, 0], "code"],
    ["code one byte longer than everything signed", (code, archive) => [code + archive + 1, 0], "code"],
  ])("refuses to launch a signed image whose runtime header claims %s", async (_what, claim, found) => {
    const { header } = parse(product.image);
    const start = header.headerByteLength;
    const payload = Buffer.from(product.image.slice(start, start + header.payloadByteLength));
    const claimed = claim(payload.readUInt32LE(CODE_LENGTH), payload.readUInt32LE(ARCHIVE_LENGTH));
    payload.writeUInt32LE(claimed[0], CODE_LENGTH);
    payload.writeUInt32LE(claimed[1], ARCHIVE_LENGTH);
    const summary = await bootToPowerOff(product, remake(product, { payload }, product.key));
    const { console: lines } = summary;
    expect(summary, lines.join("\n")).toMatchObject({
      verified: true,
      runtimeStartInstructions: null,
      firstLineInstructions: null,
      error: { code: "launch-refused" },
    });
    expect(lines.at(-2)).toMatch(/^holdfast root verified /);
    expect(lines.at(-1)).toMatch(
      new RegExp(
        `^holdfast root stopped code=launch-refused detail=\\w+:_expected_${found}_inside_the_signed_payload,_found_0x\\w+$`,
      ),
    );
  });

  it("refuses the image of another board", async () => {
    for (const other of boards.filter((each) => each !== name))
      await expectRefusal(product, (await buildProduct(other)).image, "class-mismatch");
  }, 240_000);

  it("refuses a slot that was written in part, or not at all", async () => {
    const { image } = product;
    await expectRefusal(product, new Uint8Array(0), NO_IMAGE);
    await expectRefusal(product, image.subarray(0, 2), NO_IMAGE);
    await expectRefusal(product, image.subarray(0, image.length >> 1), "tlv-structure");
    await expectRefusal(product, image.subarray(0, parse(image).signedByteLength), "tlv-structure");
    await expectRefusal(product, image.subarray(0, image.length - 1), "signature-invalid");
    await expectRefusal(product, new Uint8Array(product.build.board.flash[0]?.sectorByteLength ?? 0), NO_IMAGE);
  });

  it("makes holdfast run say so: one JSON object, exit code 1", async () => {
    const path = product.build.image.path.replace(/runtime\.img$/, "refusal-test.img");
    writeFileSync(path, flipped(inside(region("code"), 0.5)));
    const run = await holdfast(["run", "--board", name, "--once", "--json", "--image", path]);
    expect(run.exitCode).toBe(1);
    expect(onlyObject(run)).toMatchObject({
      board: name,
      verified: false,
      image: null,
      firstLineInstructions: null,
      ramUsedBytes: null,
      error: { code: "digest-mismatch" },
    });
    expect(run.error).not.toContain("runtime start");
  });
});

/** Where these tests would be worthless: a root of trust that does not care must not get past them. */
describe.each(boards)("a root of trust of %s that agrees with everything", (name) => {
  let weakened: Product;
  beforeAll(async () => {
    weakened = await buildProduct(name, "test/boards/weakened/manifest.json");
  }, 240_000);

  it.each<[string, string, (image: ParsedImage) => number]>([
    ["a changed version", "digest-mismatch", at(24)],
    ["a changed signature", "signature-invalid", tlv(TLV_ECDSA_SIGNATURE, 20)],
  ])("runs an image with %s, and is caught", async (_what, code, place) => {
    const changed = flipBit(weakened.image, place(parse(weakened.image)), 0);
    expect(await bootToPowerOff(weakened, changed)).toMatchObject({ verified: true, ramUsedBytes: expect.any(Number) });
    await expect(expectRefusal(weakened, changed, code)).rejects.toThrow("verified");
  });
});
