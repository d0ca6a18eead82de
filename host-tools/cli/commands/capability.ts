/**
 * `holdfast capability`: opens one device for development or service, for as long as its owner says.
 *
 *     $ holdfast capability create --device device --grant app-development --out dev.cap
 *     device    5c0f1c0e...
 *     grants    app-development
 *     sequence  1795561200
 *     use       stored
 *     $ holdfast capability apply --device device dev.cap
 *     in force from the next boot on
 */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Capability, GRANTS, type Grant } from "../../../protocol/capability/capability.ts";
import { CapabilityError } from "../../../protocol/capability/errors.ts";
import { CAPABILITY_FILE_LIMIT } from "../../../protocol/capability/file.ts";
import { verifyCapability } from "../../../protocol/capability/verify.ts";
import { fromHex, toHex } from "../../../protocol/image/bytes.ts";
import { replaceFile } from "../../build/replace-file.ts";
import { hostEs256, makeCapabilityFile, readUnverified } from "../../capability/capability-file.ts";
import { applyCapability, revokeCapability } from "../../capability/device-capability.ts";
import { unsignedCapability } from "../../capability/offline.ts";
import { DeviceFolder } from "../../device/device-folder.ts";
import { readDeviceRecord } from "../../device/device-record.ts";
import { type ImageKey, loadKey, loadSigningKey, trustedKey } from "../../keys/key-file.ts";
import { keysFor } from "../../keys/key-ring.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { registerCapabilityOffline } from "./capability-offline.ts";

const NUMBER_LIMIT = 0xffffffff;
const MILLISECONDS = 1000;

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  const capability = program
    .command("capability")
    .description("open one device for development or field servicing, and close it again");
  addCreate(capability, context);
  addShow(capability, context);
  addApply(capability, context);
  addRevoke(capability, context);
  registerCapabilityOffline(capability, context);
}

interface CreateOptions {
  readonly device: string;
  readonly grant?: Grant[];
  readonly none?: boolean;
  readonly oneBoot?: boolean;
  readonly sequence?: number;
  readonly lastBoot?: number;
  readonly key?: string;
  readonly publicKey?: string;
  readonly out: string;
}

function addCreate(capability: Command, context: CommandContext): void {
  capability
    .command("create")
    .description("make a capability file for one device")
    .requiredOption("-d, --device <id|folder>", "device id (64 hexadecimal digits), or a device folder")
    .addOption(
      new Option("-g, --grant <grant>", `what it opens; may be given again (${GRANTS.join(", ")})`).argParser(
        appendGrant,
      ),
    )
    .option("--none", "grant nothing: the device forgets the file that it has stored")
    .option("--one-boot", "good until the next reset, and never stored (default: stored until replaced or revoked)")
    .option("--sequence <number>", "above that of every file before it (default: the time in seconds)", wholeNumber)
    .option("--last-boot <number>", "the last boot in which it is good, by the device's count", wholeNumber)
    .option("-k, --key <file>", "signing key of purpose capability (default: this machine's)")
    .option("--public-key <file>", "leave the file unsigned, for this key elsewhere (see capability digest)")
    .requiredOption("-o, --out <file>", "where the file goes")
    .addHelpText(
      "after",
      `
app-development opens apps and runtime images that no release key signed, field-servicing changes with what release keys
signed, console reading. A device that is not secured is open anyway.

Examples:
  holdfast capability create --device device --grant app-development --out dev.cap
  holdfast capability create --device device --grant field-servicing --one-boot --key service.pem --out visit.cap
  holdfast capability create --device device --none --out close.cap

Exit codes: 0 ok, 2 usage, device or key.`,
    )
    .action((options: CreateOptions) => create(options, context));
}

function create(options: CreateOptions, { output, root }: CommandContext): void {
  const { device, grant = [], none = false, oneBoot = false, sequence, lastBoot, out } = options;
  if (none === grant.length > 0) {
    throw new CommandError("usage", `expected --grant or --none, found ${none ? "both" : "neither"}`);
  }
  if (options.key !== undefined && options.publicKey !== undefined) {
    throw new CommandError("usage", "expected --key or --public-key, found both");
  }
  const capability: Capability = {
    deviceId: deviceIdOf(device),
    grants: GRANTS.filter((each) => grant.includes(each)),
    sequence: sequence ?? now(),
    use: oneBoot ? "one-boot" : "stored",
    notAfterBoot: lastBoot,
  };
  const key =
    options.publicKey === undefined ? signerOf(options.key, { output, root }) : loadKey(resolve(options.publicKey));
  const isSigned = options.publicKey === undefined;
  const file = isSigned ? makeCapabilityFile(capability, key) : unsignedCapability(capability, key);
  replaceFile(resolve(out), file);
  for (const line of describe(capability)) output.line(line);
  output.result({ file: resolve(out), key: toHex(key.keyHash), signed: isSigned, ...plain(capability) });
}

function signerOf(path: string | undefined, { output, root }: CommandContext): ImageKey {
  if (path !== undefined) return loadSigningKey(resolve(path));
  return keysFor(root, "capability", (line) => output.progress(line)).signer;
}

function addShow(capability: Command, context: CommandContext): void {
  capability
    .command("show")
    .description("show what a capability file says, and whether a key of this machine signed it")
    .argument("<file>")
    .option("-k, --key <file>", "key that should have signed it (default: this machine's for capability files)")
    .addHelpText(
      "after",
      "\nExamples:\n  holdfast capability show dev.cap\n  holdfast capability show dev.cap --key service.pem --json\n\nExit codes: 0 ok, 1 not signed by such a key, 2 no capability file.",
    )
    .action((file: string, options: { key?: string }) => show(file, options, context));
}

function show(path: string, options: { key?: string }, context: CommandContext): void {
  const { output } = context;
  const file = readFile(path);
  const { capability, keyHash } = readUnverified(file);
  const refusal = refusalOf(file, capability, trustedKeys(options.key, context));
  for (const line of describe(capability)) output.line(line);
  output.line(`key       ${toHex(keyHash)}`);
  output.line(`signature ${refusal === undefined ? "good" : refusal.message}`);
  output.result({ ...plain(capability), key: toHex(keyHash), refused: refusal?.code ?? null });
  if (refusal !== undefined) throw new CommandError(refusal.code, refusal.message, 1);
}

/** Whether a device that is the one in the file would take it. */
function refusalOf(file: Uint8Array, { deviceId }: Capability, keys: readonly ImageKey[]): CapabilityError | undefined {
  try {
    const trusted = keys.map((key) => trustedKey(key));
    verifyCapability(file, { deviceId, keys: trusted, crypto: hostEs256, minimumSequence: 0, bootCount: 0 });
    return undefined;
  } catch (error) {
    if (error instanceof CapabilityError) return error;
    throw error;
  }
}

function addApply(capability: Command, context: CommandContext): void {
  capability
    .command("apply")
    .description("store a capability file in a device that is off")
    .argument("<file>")
    .requiredOption("-d, --device <folder>", "device that holdfast provision made")
    .option("-k, --key <file>", "key that the device trusts for capability files (default: this machine's)")
    .addHelpText(
      "after",
      "\nThe device's own code verifies the file and stores it; its root of trust verifies it again at each boot.\n\nExamples:\n  holdfast capability apply --device device dev.cap\n\nExit codes: 0 ok, 1 the device refuses the file, 2 usage or device.",
    )
    .action((file: string, options: { device: string; key?: string }) => apply(file, options, context));
}

function apply(path: string, options: { device: string; key?: string }, context: CommandContext): void {
  const { output, root } = context;
  const file = readFile(path);
  const keys = trustedKeys(options.key, context);
  const folder = new DeviceFolder(root, options.device);
  try {
    const capability = applyCapability(folder, file, keys);
    output.line(capability.grants.length === 0 ? "nothing is stored any more" : "in force from the next boot on");
    output.result(plain(capability));
  } catch (error) {
    if (error instanceof CapabilityError) throw new CommandError(error.code, error.message, 1);
    throw error;
  } finally {
    folder.close();
  }
}

function addRevoke(capability: Command, context: CommandContext): void {
  capability
    .command("revoke")
    .description("make a device that is off forget its capability file, and refuse all that were made so far")
    .requiredOption("-d, --device <folder>", "device that holdfast provision made")
    .option("--through <sequence>", "refuse files up to this sequence (default: the time in seconds)", wholeNumber)
    .addHelpText(
      "after",
      "\nA device elsewhere is closed by a file: holdfast capability create --none.\n\nExamples:\n  holdfast capability revoke --device device\n\nExit codes: 0 ok, 2 usage or device.",
    )
    .action((options: { device: string; through?: number }) => revoke(options, context));
}

function revoke({ device, through }: { device: string; through?: number }, { output, root }: CommandContext): void {
  const folder = new DeviceFolder(root, device);
  try {
    const { lifecycle, sequenceFloor } = revokeCapability(folder, through ?? now());
    output.line(`nothing is stored any more; the next file needs sequence ${sequenceFloor} or higher`);
    output.result({ device: folder.record.device, lifecycle, capability: null, sequenceFloor });
  } finally {
    folder.close();
  }
}

function trustedKeys(path: string | undefined, { root, output }: CommandContext): readonly ImageKey[] {
  return path === undefined
    ? keysFor(root, "capability", (line) => output.progress(line)).trusted
    : [loadKey(resolve(path))];
}

function deviceIdOf(device: string): Uint8Array {
  return fromHex(/^[0-9a-fA-F]{64}$/.test(device) ? device : readDeviceRecord(resolve(device)).device);
}

function readFile(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size <= CAPABILITY_FILE_LIMIT) return new Uint8Array(readFileSync(path));
    throw new CapabilityError("format", `at most ${CAPABILITY_FILE_LIMIT} bytes`, `${size}`);
  } catch (error) {
    if (error instanceof CapabilityError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandError("file", `${path}: expected a capability file, found ${reason}`);
  }
}

/** Sequences that rise without anybody keeping count. */
function now(): number {
  return Math.floor(Date.now() / MILLISECONDS);
}

function describe({ deviceId, grants, sequence, use, notAfterBoot }: Capability): string[] {
  const lines = [
    `device    ${toHex(deviceId)}`,
    `grants    ${grants.length === 0 ? "none" : grants.join(", ")}`,
    `sequence  ${sequence}`,
    `use       ${use === "stored" ? "stored" : "one boot"}`,
  ];
  return notAfterBoot === undefined ? lines : [...lines, `last boot ${notAfterBoot}`];
}

function plain({ deviceId, grants, sequence, use, notAfterBoot }: Capability): object {
  return { device: toHex(deviceId), grants, sequence, use, lastBoot: notAfterBoot ?? null };
}

function appendGrant(value: string, before: Grant[] | undefined): Grant[] {
  const grant = GRANTS.find((each) => each === value);
  if (grant === undefined) throw new InvalidArgumentError(`expected ${GRANTS.join(", ")}, found ${value}`);
  return [...(before ?? []), grant];
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (/^[0-9]{1,10}$/.test(value) && number <= NUMBER_LIMIT) return number;
  throw new InvalidArgumentError(`expected a whole number up to ${NUMBER_LIMIT}, found ${value}`);
}
