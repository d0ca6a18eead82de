/** Makes a device: flash as it leaves the factory, one boot in which the device makes its own secret, and its public record. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { es256Verifier } from "../../protocol/cose/es256.ts";
import { verifySign1 } from "../../protocol/cose/sign1.ts";
import { decodeCwtPayload } from "../../protocol/dice/cwt-reader.ts";
import { deviceId, keyIdText } from "../../protocol/dice/identifiers.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import type { BuildResult } from "../build/build.ts";
import { OutputFileError, replaceFile } from "../build/replace-file.ts";
import { bootBoard } from "../emulator/boot.ts";
import { ConsoleLines } from "../emulator/console-lines.ts";
import { type ConsoleEvent, ConsoleProtocolError, parseConsoleLine } from "../emulator/console-protocol.ts";
import { copyFlashFiles } from "../emulator/flash-image.ts";
import { hostIdentityPrimitives } from "../identity/crypto.ts";
import { DeviceError } from "./device-error.ts";
import { FLASH_FOLDER, flashFilesIn } from "./device-folder.ts";
import { type DeviceRecord, RECORD_FILE } from "./device-record.ts";

/** How to make a device. */
export interface ProvisionOptions {
  readonly build: Pick<BuildResult, "board" | "flash" | "trust">;
  /** Where the folder goes; nothing may be there yet. */
  readonly path: string;
  /** Time of provisioning. */
  readonly now: Date;
  /** Milliseconds that the first boot may take. */
  readonly timeoutMs: number;
  readonly onBytes?: (bytes: Uint8Array) => void;
}

type Identity = ConsoleEvent & { kind: "rom-identity" };

/**
 * Makes a device folder: whole, or not at all.
 * @throws DeviceError `device-exists`, `provision-failed`; OutputFileError, EmulatorError
 */
export async function provisionDevice(options: ProvisionOptions): Promise<DeviceRecord> {
  const path = resolve(options.path);
  requireAbsent(path);
  const draft = makeDraft(path);
  const discard = (): void => {
    process.off("exit", discard);
    rmSync(draft, { recursive: true, force: true });
  };
  process.on("exit", discard);
  try {
    const record = await provisionIn(draft, options);
    replaceFile(join(draft, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
    requireAbsent(path);
    renameSync(draft, path);
    return record;
  } finally {
    discard();
  }
}

async function provisionIn(folder: string, options: ProvisionOptions): Promise<DeviceRecord> {
  const { board, flash, trust } = options.build;
  const flashFolder = join(folder, FLASH_FOLDER);
  copyFlashFiles(board, flash, flashFolder);
  const lines = new ConsoleLines();
  const booted = await bootBoard({
    board,
    flash: flashFilesIn(board, flashFolder),
    inPlace: true,
    icount: false,
    timeoutMs: options.timeoutMs,
    onBytes: (bytes) => {
      lines.push(Buffer.from(bytes));
      options.onBytes?.(bytes);
    },
  });
  try {
    const { outcome, summary } = booted;
    if (outcome !== "up") {
      const found = summary.error?.message ?? outcome;
      throw new DeviceError("provision-failed", "the first boot to come up", found, options.path);
    }
  } finally {
    await booted.close();
  }
  const { device, key, certificate } = findIdentity(lines.all, options.path);
  return {
    format: 1,
    device,
    board: board.name,
    created: options.now.toISOString(),
    identityKey: key,
    certificates: [certificate],
    trust,
  };
}

/** What the boot ROM said once, checked: the name is that of the key, and the key vouches for the root of trust. */
function findIdentity(lines: readonly string[], path: string): Required<Identity> {
  const failed = (expected: string, found: string): DeviceError =>
    new DeviceError("provision-failed", expected, found, path);
  const said = lines.map(parse).find((event): event is Identity => event?.kind === "rom-identity");
  if (said?.key === undefined || said.certificate === undefined)
    throw failed("the device to say its identity at its first boot", said === undefined ? "nothing" : "its name only");
  const { device, key, certificate } = said;
  const named = toHex(deviceId(fromHex(key), hostIdentityPrimitives.sha256));
  if (named !== device) throw failed(`the name of its identity key, ${named}`, device);
  try {
    requireCertificate(fromHex(certificate), fromHex(key));
  } catch (error) {
    throw failed("a certificate of the root of trust by the identity key", (error as Error).message);
  }
  return { kind: said.kind, device, key, certificate };
}

/** @throws CoseError, DiceError, CborError, RangeError */
function requireCertificate(certificate: Uint8Array, identityKey: Uint8Array): void {
  const verifier = es256Verifier(hostIdentityPrimitives, identityKey);
  const { payload } = verifySign1(certificate, verifier, { tag: "forbidden", allowUnprotected: false });
  const { issuer, usage } = decodeCwtPayload(payload);
  const wanted = keyIdText(identityKey, hostIdentityPrimitives.sha512);
  if (issuer !== wanted || usage !== "certify") throw new RangeError(`issuer ${issuer}, usage ${usage}`);
}

function parse(line: string): ConsoleEvent | undefined {
  try {
    return parseConsoleLine(line);
  } catch (error) {
    if (error instanceof ConsoleProtocolError) return undefined;
    throw error;
  }
}

/** @throws DeviceError `device-exists` when something is where a device is to go */
export function requireAbsent(path: string): void {
  if (existsSync(path))
    throw new DeviceError("device-exists", "nothing there yet (a device is never overwritten)", "it", path);
}

/** Beside the folder that it becomes, so that the last step is one rename. */
function makeDraft(path: string): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return mkdtempSync(join(dirname(path), `.${basename(path)}.`));
  } catch (error) {
    throw new OutputFileError(path, error);
  }
}
