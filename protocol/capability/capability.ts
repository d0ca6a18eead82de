/** What a capability file says, and its payload: deterministic CBOR with every field named here and no other. */
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { CborMap, type CborValue } from "../cbor/values.ts";
import { CapabilityError } from "./errors.ts";

/**
 * What a file may open; the place is the number in the file.
 *
 * | grant | opens |
 * |---|---|
 * | app-development | apps and, when stored, runtime images that no release key signed; starting, stopping and debugging them |
 * | field-servicing | changes with what release keys signed: updates, resets, settings |
 * | console | reading: slots, counters, logs |
 */
export const GRANTS = Object.freeze(["app-development", "field-servicing", "console"] as const);

/** See {@link GRANTS}. */
export type Grant = (typeof GRANTS)[number];

/** `stored`: in force at every boot until it is replaced or revoked. `one-boot`: from when it is presented until the next reset. */
export type CapabilityUse = "stored" | "one-boot";

/** The content of a capability file. */
export interface Capability {
  /** 32 bytes: the one device that the file is for. */
  readonly deviceId: Uint8Array;
  /** In the order of {@link GRANTS}, each once. None: the file opens nothing and replaces what did. */
  readonly grants: readonly Grant[];
  /** From 0 to 2^32 - 2. A file is refused once one of a higher sequence was stored. */
  readonly sequence: number;
  readonly use: CapabilityUse;
  /** The last boot, by the device's own count, in which the file is good; undefined for no end. */
  readonly notAfterBoot: number | undefined;
}

/** Highest sequence: what comes after it must still be a 32-bit number. */
export const SEQUENCE_LIMIT = 0xfffffffe;

const DEVICE_ID_BYTE_LENGTH = 32;
const BOOT_LIMIT = 0xffffffff;
const USES: readonly CapabilityUse[] = Object.freeze(["stored", "one-boot"] as const);

const FIELD_DEVICE = 1;
const FIELD_GRANTS = 2;
const FIELD_SEQUENCE = 3;
const FIELD_USE = 4;
const FIELD_NOT_AFTER_BOOT = 5;
const REQUIRED_FIELDS = 4;

/** @throws CapabilityError `field`, `grant-unknown` for what no file may say */
export function encodeCapability({ deviceId, grants, sequence, use, notAfterBoot }: Capability): Uint8Array {
  const fields: [number, CborValue][] = [
    [FIELD_DEVICE, deviceId],
    [FIELD_GRANTS, grants.map((grant) => GRANTS.indexOf(grant))],
    [FIELD_SEQUENCE, sequence],
    [FIELD_USE, USES.indexOf(use)],
  ];
  if (notAfterBoot !== undefined) fields.push([FIELD_NOT_AFTER_BOOT, notAfterBoot]);
  const map = new CborMap(fields);
  readFields(map);
  return encodeCbor(map);
}

/** @throws CapabilityError `field`, `grant-unknown`; CborError for what is no deterministic CBOR */
export function decodeCapability(payload: Uint8Array): Capability {
  const map = decodeCbor(payload);
  if (!(map instanceof CborMap)) throw fieldError("a map", "another type");
  return readFields(map);
}

function readFields(map: CborMap): Capability {
  const deviceId = map.get(FIELD_DEVICE);
  if (!(deviceId instanceof Uint8Array) || deviceId.length !== DEVICE_ID_BYTE_LENGTH) {
    throw fieldError(`a device id of ${DEVICE_ID_BYTE_LENGTH} bytes`, "another value");
  }
  const grants = readGrants(map.get(FIELD_GRANTS));
  const sequence = readNumber(map.get(FIELD_SEQUENCE), SEQUENCE_LIMIT, "sequence");
  const use = USES[readNumber(map.get(FIELD_USE), USES.length - 1, "use")] as CapabilityUse;
  const end = map.get(FIELD_NOT_AFTER_BOOT);
  const notAfterBoot = end === undefined ? undefined : readNumber(end, BOOT_LIMIT, "last boot");
  const known = REQUIRED_FIELDS + (notAfterBoot === undefined ? 0 : 1);
  if (map.entries.length !== known) throw fieldError(`${known} fields`, `${map.entries.length}`);
  return { deviceId, grants, sequence, use, notAfterBoot };
}

function readGrants(value: CborValue | undefined): Grant[] {
  if (!Array.isArray(value)) throw fieldError("an array of grants", "another type");
  const grants: Grant[] = [];
  let previous = -1;
  for (let index = 0; index < value.length; index += 1) {
    const number = value[index];
    const grant = typeof number === "number" && number > previous ? GRANTS[number] : undefined;
    if (grant === undefined) throw new CapabilityError("grant-unknown", "known grants in their order", "another");
    grants.push(grant);
    previous = number as number;
  }
  return grants;
}

function readNumber(value: CborValue | undefined, limit: number, name: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= limit) return value;
  throw fieldError(`a ${name} from 0 to ${limit}`, typeof value === "number" ? `${value}` : "another type");
}

function fieldError(expected: string, found: string): CapabilityError {
  return new CapabilityError("field", expected, found);
}
