/**
 * `holdfast image`: signs, verifies and inspects images in MCUboot's format.
 *
 *     $ holdfast image verify runtime.img --key public.pem
 *     verified  1.2.3+4, profile holdfast
 *     digest    6f1d...02ab
 *     key hash  0e2d...9c41 (public.pem)
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { VerificationPolicy } from "../../../bootloader/verify.ts";
import { hexNumber, toHex } from "../../../protocol/image/bytes.ts";
import { ImageError } from "../../../protocol/image/errors.ts";
import { formatVersion, parseVersion } from "../../../protocol/image/version.ts";
import { IMAGE_FILE_LIMIT, readImageFile, writeImageFile } from "../../image/image-file.ts";
import { inspectImage } from "../../image/inspect.ts";
import { signImage } from "../../image/sign.ts";
import { classIdentifier, formatUuid, vendorIdentifier } from "../../image/uuid.ts";
import { type ProfileChoice, verifyWithProfile } from "../../image/verify.ts";
import { developmentKeyPath, ensureDevelopmentKey } from "../../keys/development.ts";
import { type ImageKey, loadKey, loadSigningKey, trustedKey } from "../../keys/key-file.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { parseDependency, parseUnsigned, parseVendorTlv, placementOf, repeat } from "./image-options.ts";

interface SignOptions {
  readonly key?: string[];
  readonly imageVersion: string;
  readonly counter: number;
  readonly vendor: string;
  readonly class: string;
  readonly softwareType: string;
  readonly headerSize?: number;
  readonly loadAddress?: number;
  readonly romAddress?: number;
  readonly package?: boolean;
  readonly depends?: string[];
  readonly vendorTlv?: string[];
  readonly slotSize?: number;
}

interface VerifyOptions {
  readonly key?: string[];
  readonly revoked?: string[];
  readonly profile: ProfileChoice;
  readonly counter?: number;
  readonly vendor?: string;
  readonly class?: string;
  readonly slotSize?: number;
  readonly bootable?: boolean;
  readonly runAddress?: number;
}

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  const image = program.command("image").description("sign, verify and inspect images (MCUboot format)");
  registerSign(image, context);
  registerVerify(image, context);
  registerInspect(image, context);
}

function registerSign(image: Command, context: CommandContext): void {
  image
    .command("sign")
    .description("make a signed image from a payload; the same inputs give the same bytes")
    .argument("<payload>", "file to wrap")
    .argument("<image>", "file to write")
    .requiredOption("-v, --image-version <version>", "major.minor.revision+build")
    .requiredOption("--counter <number>", "security counter", parseUnsigned)
    .requiredOption("--vendor <uuid|name>", "vendor: a UUID, or a name such as example.com")
    .requiredOption("--class <uuid|name>", "class of product: a UUID, or a name within the vendor's")
    .option("-k, --key <file>", "private key; may be repeated (default: the development key)", repeat)
    .option("--software-type <text>", "what attestation calls it, up to 12 characters", "RUNTIME")
    .option("-H, --header-size <bytes>", "offset of the payload, 32 or more", parseUnsigned)
    .option("--load-address <address>", "runs from RAM: address of the header", parseUnsigned)
    .option("--rom-address <address>", "runs in place from flash: address of the header", parseUnsigned)
    .option("--package", "nothing may start it (flag NON_BOOTABLE)")
    .option("--depends <image:version>", "needs another image; may be repeated", repeat)
    .option("--vendor-tlv <type:hex>", "signed vendor TLV, type 0xa0 to 0xfffe; may be repeated", repeat)
    .option("-S, --slot-size <bytes>", "refuse an image larger than this", parseUnsigned)
    .addHelpText(
      "after",
      `
Examples:
  holdfast image sign runtime.bin runtime.img -v 1.2.3+4 --counter 7 --vendor example.com --class thermostat
  holdfast image sign app.bin app.img -v 1.0.0 --counter 1 --vendor example.com --class thermostat --package -k app.pem

Exit codes: 0 ok, 1 the image is too large for its slot, 2 usage, key or file.`,
    )
    .action((payloadPath: string, imagePath: string, options: SignOptions) => {
      const vendorId = vendorIdentifier(options.vendor);
      const description = {
        payload: readImageFile(payloadPath),
        version: parseVersion(options.imageVersion),
        placement: placementOf(options.loadAddress, options.romAddress),
        bootable: options.package !== true,
        securityCounter: options.counter,
        softwareType: options.softwareType,
        dependencies: (options.depends ?? []).map(parseDependency),
        vendorId,
        classId: classIdentifier(options.class, vendorId),
        vendorTlvs: (options.vendorTlv ?? []).map(parseVendorTlv),
        ...(options.headerSize === undefined ? {} : { headerByteLength: options.headerSize }),
      };
      const keys = (options.key ?? []).map((path) => loadSigningKey(resolve(path)));
      if (keys.length === 0)
        keys.push(ensureDevelopmentKey(context.root, undefined, (line) => context.output.warn(line)));
      const signed = refusing(["slot-bounds"], () => signImage(description, keys, options.slotSize));
      writeImageFile(imagePath, signed.bytes);
      const version = formatVersion(description.version);
      context.output.line(`signed    ${imagePath}: ${version}, ${signed.bytes.length} bytes`);
      context.output.line(`digest    ${toHex(signed.digest)}`);
      for (const key of keys) context.output.line(`key hash  ${toHex(key.keyHash)} (${key.path})`);
      context.output.result({
        image: imagePath,
        version,
        imageByteLength: signed.bytes.length,
        signedByteLength: signed.signedByteLength,
        digest: toHex(signed.digest),
        keyHashes: keys.map((key) => toHex(key.keyHash)),
      });
    });
}

function registerVerify(image: Command, context: CommandContext): void {
  image
    .command("verify")
    .description("verify an image with the boot stage's own code")
    .argument("<image>", "file to verify")
    .option(
      "-k, --key <file>",
      "trusted key, public or private; may be repeated (default: the development key)",
      repeat,
    )
    .option("--revoked <file>", "revoked key; may be repeated", repeat)
    .addOption(
      new Option("--profile <profile>", "rules: Holdfast's, plain MCUboot's, or whichever it satisfies")
        .choices(["holdfast", "mcuboot", "auto"])
        .default("auto"),
    )
    .option("--counter <number>", "lowest security counter", parseUnsigned)
    .option("--vendor <uuid|name>", "vendor that it must be for")
    .option("--class <uuid|name>", "class of product that it must be for")
    .option("-S, --slot-size <bytes>", "slot that it must fit", parseUnsigned)
    .option("--bootable", "refuse a package")
    .option("--run-address <address>", "address that it must be linked for", parseUnsigned)
    .addHelpText(
      "after",
      `
Examples:
  holdfast image verify runtime.img --key public.pem
  holdfast image verify runtime.img --key public.pem --profile holdfast --counter 7 --vendor example.com --class thermostat

Exit codes: 0 accepted, 1 refused, 2 usage, key or file.`,
    )
    .action((path: string, options: VerifyOptions) => verifyAction(path, options, context));
}

function verifyAction(path: string, options: VerifyOptions, context: CommandContext): void {
  const { output } = context;
  const bytes = readImageFile(path);
  const keys = trustedKeys(options, context);
  const policy = policyOf(options, keys);
  try {
    const { image, profile, holdfastRefusal } = verifyWithProfile(bytes, policy, options.profile);
    const version = formatVersion(image.header.version);
    const signer = keys.find((key) => toHex(key.keyHash) === toHex(image.key.keyHash));
    output.line(`verified  ${version}, profile ${profile}`);
    output.line(`digest    ${toHex(image.digest)}`);
    output.line(`key hash  ${toHex(image.key.keyHash)} (${signer?.path ?? "unknown file"})`);
    if (image.securityCounter !== undefined) output.line(`counter   ${image.securityCounter}`);
    if (image.vendorId !== undefined) output.line(`vendor    ${formatUuid(image.vendorId)}`);
    if (image.classId !== undefined) output.line(`class     ${formatUuid(image.classId)}`);
    if (holdfastRefusal !== undefined) {
      output.warn(`a Holdfast device refuses it: ${holdfastRefusal.code}: ${holdfastRefusal.message}`);
    }
    output.result({
      verified: true,
      profile,
      holdfastRefusal: holdfastRefusal === undefined ? null : describeError(holdfastRefusal),
      version,
      digest: toHex(image.digest),
      keyHash: toHex(image.key.keyHash),
      algorithm: image.key.publicKey.algorithm,
      securityCounter: image.securityCounter ?? null,
      vendorId: image.vendorId === undefined ? null : formatUuid(image.vendorId),
      classId: image.classId === undefined ? null : formatUuid(image.classId),
      imageByteLength: image.imageByteLength,
    });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    output.result({ verified: false, error: describeError(error) });
    throw new CommandError(error.code, `${path} refused: ${error.code}: ${error.message}`, 1);
  }
}

function registerInspect(image: Command, context: CommandContext): void {
  image
    .command("inspect")
    .description("show what an image holds; trusts and proves nothing")
    .argument("<image>", "file to read")
    .addHelpText(
      "after",
      `
Examples:
  holdfast image inspect runtime.img
  holdfast image inspect runtime.img --json

Exit codes: 0 ok, 1 not a well-formed image, 2 file.`,
    )
    .action((path: string) => {
      const { output } = context;
      const report = refusing(undefined, () => inspectImage(readImageFile(path)));
      const flags = report.flags.length === 0 ? "none" : report.flags.join(", ");
      output.line(`version    ${report.version}`);
      output.line(`flags      ${flags}`);
      output.line(`address    ${hexNumber(report.loadAddress)}`);
      output.line(`header     ${report.headerByteLength} bytes`);
      output.line(`payload    ${report.payloadByteLength} bytes`);
      output.line(`signed     ${report.signedByteLength} bytes, ${report.protectedByteLength} of them TLVs`);
      output.line(`image      ${report.imageByteLength} bytes`);
      output.line(`digest     ${report.digest}${report.digestMatches ? "" : " (not the one recorded)"}`);
      for (const keyHash of report.keyHashes) output.line(`key hash   ${keyHash}`);
      output.line();
      output.table(
        [
          { title: "area" },
          { title: "type", align: "right" },
          { title: "name" },
          { title: "offset", align: "right" },
          { title: "bytes", align: "right" },
          { title: "value" },
        ],
        report.tlvs.map((tlv) => [
          tlv.area,
          hexNumber(tlv.type),
          tlv.name,
          hexNumber(tlv.offset),
          `${tlv.length}`,
          tlv.value.length > 48 ? `${tlv.value.slice(0, 45)}...` : tlv.value,
        ]),
      );
      output.result(report);
    });
}

function trustedKeys(options: VerifyOptions, context: CommandContext): readonly ImageKey[] {
  if (options.key !== undefined) return options.key.map((path) => loadKey(resolve(path)));
  const path = developmentKeyPath(context.root, "development");
  if (existsSync(path)) return [loadKey(path)];
  throw new CommandError(
    "usage",
    `expected --key <file>, found none and no development key at ${path} (see --help)`,
    2,
  );
}

function policyOf(options: VerifyOptions, keys: readonly ImageKey[]): Omit<VerificationPolicy, "profile"> {
  const vendorId = options.vendor === undefined ? "any" : vendorIdentifier(options.vendor);
  if (options.class !== undefined && vendorId === "any") {
    throw new CommandError("usage", "expected --vendor with --class, found --class alone (see --help)", 2);
  }
  const revoked = (options.revoked ?? []).map((path) => trustedKey(loadKey(resolve(path)), true));
  return {
    keys: [...revoked, ...keys.map((key) => trustedKey(key))],
    minimumCounter: options.counter ?? 0,
    vendorId,
    classId: options.class === undefined || vendorId === "any" ? "any" : classIdentifier(options.class, vendorId),
    slotByteLength: options.slotSize ?? IMAGE_FILE_LIMIT,
    installedVersion: "any",
    bootable: options.bootable === true,
    runAddress: options.runAddress ?? "any",
  };
}

/** Turns the given refusals (all of them when undefined) into exit code 1; any other error ends as usage. */
function refusing<Result>(codes: readonly string[] | undefined, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof ImageError && (codes === undefined || codes.includes(error.code))) {
      throw new CommandError(error.code, `${error.code}: ${error.message}`, 1);
    }
    throw error;
  }
}

function describeError(error: ImageError): object {
  const { code, message, expected, found } = error;
  return { code, message, expected, found, offset: error.offset ?? null };
}
