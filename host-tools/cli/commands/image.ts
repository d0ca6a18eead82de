/**
 * `holdfast image`: makes, signs, verifies and shows images in MCUboot's format.
 *
 *     $ holdfast image verify runtime.img --key public.pem
 *     verified  1.2.3+4, profile holdfast
 *     digest    6f1d...02ab
 *     key hash  0e2d...9c41 (public.pem)
 */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { VerificationPolicy } from "../../../bootloader/verify.ts";
import { toHex } from "../../../protocol/image/bytes.ts";
import { ImageError } from "../../../protocol/image/errors.ts";
import { formatVersion } from "../../../protocol/image/version.ts";
import { IMAGE_FILE_LIMIT, readImageFile } from "../../image/image-file.ts";
import { describeBootRecord } from "../../image/inspect.ts";
import { classIdentifier, formatUuid, vendorIdentifier } from "../../image/uuid.ts";
import { type ProfileChoice, verifyWithProfile } from "../../image/verify.ts";
import { type ImageKey, loadKey, trustedKey } from "../../keys/key-file.ts";
import { KEY_PURPOSES, type KeyPurpose } from "../../keys/key-label.ts";
import { listKeys } from "../../keys/key-ring.ts";
import { keysFolder } from "../../keys/keys-folder.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { registerMake } from "./image-make.ts";
import { registerOffline } from "./image-offline.ts";
import { parseUnsigned, repeat } from "./image-options.ts";
import { registerShow } from "./image-show.ts";

interface VerifyOptions {
  readonly key?: string[];
  readonly purpose?: KeyPurpose;
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
  const image = program.command("image").description("make, sign, verify and show images (MCUboot format)");
  registerMake(image, context);
  registerOffline(image, context);
  registerVerify(image, context);
  registerShow(image, context);
}

function registerVerify(image: Command, context: CommandContext): void {
  image
    .command("verify")
    .description("verify an image with the boot stage's own code")
    .argument("<image>", "file to verify")
    .option("-k, --key <file>", "trusted key, public or private; may be repeated (default: the folder of keys)", repeat)
    .addOption(new Option("-p, --purpose <purpose>", "of that folder only keys for this").choices(KEY_PURPOSES))
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
    const dependencies = image.dependencies.map((each) => `${each.image}:${formatVersion(each.minimum)}`);
    output.line(`verified  ${version}, profile ${profile}`);
    output.line(`digest    ${toHex(image.digest)}`);
    output.line(`key hash  ${toHex(image.key.keyHash)} (${signer?.path ?? "unknown file"})`);
    if (image.securityCounter !== undefined) output.line(`counter   ${image.securityCounter}`);
    if (image.vendorId !== undefined) output.line(`vendor    ${formatUuid(image.vendorId)}`);
    if (image.classId !== undefined) output.line(`class     ${formatUuid(image.classId)}`);
    for (const dependency of dependencies) output.line(`needs     ${dependency}`);
    if (signer?.purpose !== undefined) output.line(`key for   ${signer.purpose}, epoch ${signer.epoch}`);
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
      bootRecord: image.bootRecord === undefined ? null : describeBootRecord(image.bootRecord),
      dependencies,
      keyPurpose: signer?.purpose ?? null,
      keyEpoch: signer?.epoch ?? null,
      imageByteLength: image.imageByteLength,
    });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    output.result({ verified: false, error: describeError(error) });
    throw new CommandError(error.code, `${path} refused: ${error.code}: ${error.message}`, 1);
  }
}

function trustedKeys(options: VerifyOptions, context: CommandContext): readonly ImageKey[] {
  if (options.key !== undefined) return options.key.map((path) => loadKey(resolve(path)));
  const keys = listKeys(context.root)
    .map(({ key }) => key)
    .filter(({ purpose }) => options.purpose === undefined || purpose === options.purpose);
  if (keys.length > 0) return keys;
  const folder = keysFolder(context.root);
  throw new CommandError("usage", `expected --key <file>, found none and no such key in ${folder} (see --help)`, 2);
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

function describeError(error: ImageError): object {
  const { code, message, expected, found } = error;
  return { code, message, expected, found, offset: error.offset ?? null };
}
