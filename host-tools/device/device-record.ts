/** The public record of a device, device.json: who it is, and what it was built to trust. It holds no secret. */
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TrustText } from "../../bootloader/slots/trust.ts";
import { deviceId } from "../../protocol/dice/identifiers.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import type { SlotRole } from "../build/board.ts";
import { hostIdentityPrimitives } from "../identity/crypto.ts";
import { DeviceError } from "./device-error.ts";

/** Name of the file in a device folder. */
export const RECORD_FILE = "device.json";

const FORMAT = 1;
const BYTE_LIMIT = 65_536;

/** What device.json holds; bytes are hexadecimal. */
export interface DeviceRecord {
  readonly format: typeof FORMAT;
  /** SHA-256 of the identity key's SubjectPublicKeyInfo: the device's name everywhere. */
  readonly device: string;
  readonly board: string;
  /** Time of provisioning, ISO 8601. */
  readonly created: string;
  /** P-256, `04 || x || y`. */
  readonly identityKey: string;
  /** CBOR certificates from the identity key on, as the first boot gave them; a new root of trust has another one. */
  readonly certificates: readonly string[];
  /** What boot ROM and root of trust were built to trust in the image that each starts. */
  readonly trust: Readonly<Record<SlotRole, TrustText>>;
}

/**
 * Reads the record of a device folder.
 * @throws DeviceError `device-missing`, `device-record`
 */
export function readDeviceRecord(folder: string): DeviceRecord {
  const path = join(folder, RECORD_FILE);
  let text: string;
  try {
    closeSync(openSync(path, "r"));
    if (statSync(path).size > BYTE_LIMIT) throw damaged(path, `at most ${BYTE_LIMIT} bytes`, "more");
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    if (reason === "ENOENT" || reason === "ENOTDIR")
      throw new DeviceError("device-missing", `a device folder (${RECORD_FILE})`, "none", folder);
    throw damaged(path, "a readable file", reason);
  }
  return checkRecord(parse(text, path), path);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, "JSON", (error as Error).message);
  }
}

/** The id is checked against the key, because everything else is found by it. */
function checkRecord(value: unknown, path: string): DeviceRecord {
  const record = value as DeviceRecord;
  if (typeof value !== "object" || value === null || record.format !== FORMAT)
    throw damaged(path, `format ${FORMAT}`, `${(value as DeviceRecord | null)?.format}`);
  for (const name of ["device", "board", "created", "identityKey"] as const)
    if (typeof record[name] !== "string") throw damaged(path, `text for ${name}`, typeof record[name]);
  if (!Array.isArray(record.certificates) || typeof record.trust?.root !== "object" || !record.trust.runtime)
    throw damaged(path, "certificates and trust", "none");
  const found = toHex(identityOf(record.identityKey, path));
  if (found !== record.device) throw damaged(path, `the identity key of device ${record.device}`, `that of ${found}`);
  return record;
}

function identityOf(identityKey: string, path: string): Uint8Array {
  try {
    return deviceId(fromHex(identityKey), hostIdentityPrimitives.sha256);
  } catch {
    throw damaged(path, "a P-256 key as 65 bytes of hexadecimal", identityKey.slice(0, 140));
  }
}

function damaged(path: string, expected: string, found: string): DeviceError {
  return new DeviceError("device-record", expected, found, path);
}
