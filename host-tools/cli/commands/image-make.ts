/**
 * `holdfast image sign` and `image create`: an image from a payload, signed here or to be signed elsewhere.
 *
 *     $ holdfast image sign runtime.bin runtime.img -v 1.2.3+4 --counter 7 --vendor example.com --class thermostat
 *     signed    runtime.img: 1.2.3+4, 4321 bytes
 *     digest    6f1d...02ab
 *     key hash  0e2d...9c41 (keys/development-runtime-image.pem)
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { toHex } from "../../../protocol/image/bytes.ts";
import type { ImageDescription } from "../../../protocol/image/image.ts";
import { formatVersion, parseVersion } from "../../../protocol/image/version.ts";
import { readImageFile, writeImageFile } from "../../image/image-file.ts";
import { createUnsignedImage } from "../../image/offline.ts";
import { signImage } from "../../image/sign.ts";
import { classIdentifier, vendorIdentifier } from "../../image/uuid.ts";
import { type ImageKey, loadKey, loadSigningKey, requireKeyFor } from "../../keys/key-file.ts";
import type { KeyPurpose } from "../../keys/key-label.ts";
import { keysFor } from "../../keys/key-ring.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { parseDependency, parseUnsigned, parseVendorTlv, placementOf, refusing, repeat } from "./image-options.ts";

/** Keys that sign images; those of capability files do not. */
const IMAGE_PURPOSES: readonly KeyPurpose[] = ["root-image", "runtime-image", "app"];

interface MakeOptions {
  readonly imageVersion: string;
  readonly counter: number;
  readonly vendor: string;
  readonly class: string;
  readonly softwareType?: string;
  readonly purpose?: KeyPurpose;
  readonly headerSize?: number;
  readonly loadAddress?: number;
  readonly romAddress?: number;
  readonly package?: boolean;
  readonly depends?: string[];
  readonly vendorTlv?: string[];
}

interface SignOptions extends MakeOptions {
  readonly key?: string[];
  readonly slotSize?: number;
}

interface CreateOptions extends MakeOptions {
  readonly publicKey: string;
}

/** Adds `image sign` and `image create`. */
export function registerMake(image: Command, context: CommandContext): void {
  makeCommand(image, "sign", "make a signed image from a payload; the same inputs give the same bytes")
    .option("-k, --key <file>", "private key; may be repeated (default: the newest in the folder of keys)", repeat)
    .option("-S, --slot-size <bytes>", "refuse an image larger than this", parseUnsigned)
    .addHelpText(
      "after",
      `
Examples:
  holdfast image sign runtime.bin runtime.img -v 1.2.3+4 --counter 7 --vendor example.com --class thermostat
  holdfast image sign app.bin app.img -v 1.0.0 --counter 1 --vendor example.com --class thermostat --package -k app.pem

Exit codes: 0 ok, 1 the image is too large for its slot, 2 usage, key or file.`,
    )
    .action((payload: string, path: string, options: SignOptions) => sign(payload, path, options, context));
  makeCommand(image, "create", "make an image that is to be signed elsewhere (see image digest)")
    .requiredOption("-k, --public-key <file>", "whose signature comes first; attestation names that key")
    .addHelpText(
      "after",
      `
Examples:
  holdfast image create runtime.bin unsigned.img -v 1.2.3+4 --counter 7 --vendor example.com --class thermostat \\
    --public-key hsm.pem
  holdfast image digest unsigned.img --out digest.bin

Exit codes: 0 ok, 2 usage, key or file.`,
    )
    .action((payload: string, path: string, options: CreateOptions) => create(payload, path, options, context));
}

function makeCommand(image: Command, name: string, description: string): Command {
  return image
    .command(name)
    .description(description)
    .argument("<payload>", "file to wrap")
    .argument("<image>", "file to write")
    .requiredOption("-v, --image-version <version>", "major.minor.revision+build")
    .requiredOption("--counter <number>", "security counter", parseUnsigned)
    .requiredOption("--vendor <uuid|name>", "vendor: a UUID, or a name such as example.com")
    .requiredOption("--class <uuid|name>", "class of product: a UUID, or a name within the vendor's")
    .addOption(
      new Option(
        "-p, --purpose <purpose>",
        "what kind of key signs (default: app for a package, else runtime-image)",
      ).choices(IMAGE_PURPOSES),
    )
    .option("--software-type <text>", "what attestation calls it, up to 12 characters (default: by purpose)")
    .option("-H, --header-size <bytes>", "offset of the payload, 32 or more", parseUnsigned)
    .option("--load-address <address>", "runs from RAM: address of the header", parseUnsigned)
    .option("--rom-address <address>", "runs in place from flash: address of the header", parseUnsigned)
    .option("--package", "nothing may start it (flag NON_BOOTABLE)")
    .option("--depends <image:version>", "needs another image; may be repeated", repeat)
    .option("--vendor-tlv <type:hex>", "signed vendor TLV, type 0xa0 to 0xfffe; may be repeated", repeat);
}

function sign(payloadPath: string, imagePath: string, options: SignOptions, { output, root }: CommandContext): void {
  const description = describe(payloadPath, options);
  const purpose = purposeOf(options);
  const named = (options.key ?? []).map((path) => requireKeyFor(loadSigningKey(resolve(path)), [purpose]));
  const keys = named.length > 0 ? named : [keysFor(root, purpose, (line) => output.warn(line)).signer];
  const signed = refusing(["slot-bounds"], () => signImage(description, keys, options.slotSize));
  writeImageFile(imagePath, signed.bytes);
  const version = formatVersion(description.version);
  output.line(`signed    ${imagePath}: ${version}, ${signed.bytes.length} bytes`);
  output.line(`digest    ${toHex(signed.digest)}`);
  for (const key of keys) output.line(`key hash  ${toHex(key.keyHash)} (${key.path})`);
  output.result({
    image: imagePath,
    version,
    imageByteLength: signed.bytes.length,
    signedByteLength: signed.signedByteLength,
    digest: toHex(signed.digest),
    keyHashes: keys.map((key) => toHex(key.keyHash)),
  });
}

function create(payloadPath: string, imagePath: string, options: CreateOptions, { output }: CommandContext): void {
  const description = describe(payloadPath, options);
  const signer: ImageKey = requireKeyFor(loadKey(resolve(options.publicKey)), [purposeOf(options)]);
  const region = createUnsignedImage(description, signer);
  const digest = toHex(createHash("sha256").update(region).digest());
  writeImageFile(imagePath, region);
  const version = formatVersion(description.version);
  output.line(`created   ${imagePath}: ${version}, ${region.length} bytes, not signed`);
  output.line(`digest    ${digest}`);
  output.line(`signer    ${toHex(signer.keyHash)} (${signer.path})`);
  output.result({
    image: imagePath,
    version,
    signedByteLength: region.length,
    digest,
    signer: toHex(signer.keyHash),
  });
}

/** @throws CommandError `usage` for a package that is none */
function purposeOf({ purpose, package: isPackage }: MakeOptions): KeyPurpose {
  const wanted = purpose ?? (isPackage === true ? "app" : "runtime-image");
  if ((wanted === "app") === (isPackage === true)) return wanted;
  const found = isPackage === true ? "--package" : "none";
  throw new CommandError("usage", `expected --package with --purpose app and nothing else, found ${found}`);
}

function describe(payloadPath: string, options: MakeOptions): Omit<ImageDescription, "signer"> {
  const vendorId = vendorIdentifier(options.vendor);
  const purpose = purposeOf(options);
  return {
    payload: readImageFile(payloadPath),
    version: parseVersion(options.imageVersion),
    placement: placementOf(options.loadAddress, options.romAddress),
    bootable: options.package !== true,
    securityCounter: options.counter,
    softwareType: options.softwareType ?? SOFTWARE_TYPES[purpose],
    dependencies: (options.depends ?? []).map(parseDependency),
    vendorId,
    classId: classIdentifier(options.class, vendorId),
    vendorTlvs: (options.vendorTlv ?? []).map(parseVendorTlv),
    ...(options.headerSize === undefined ? {} : { headerByteLength: options.headerSize }),
  };
}

const SOFTWARE_TYPES: Readonly<Record<KeyPurpose, string>> = {
  "root-image": "root",
  "runtime-image": "runtime",
  app: "app",
  capability: "capability",
};
