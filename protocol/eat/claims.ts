/** The claims of evidence: an EAT (RFC 9711) with claims of RFC 9783, under our own profile (docs/design/0011-identity.md). */
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { shownKey } from "../cbor/keys.ts";
import { type CborEntry, CborMap, type CborValue } from "../cbor/values.ts";
import { EvidenceError } from "./errors.ts";
import { lifecycleOf, lifecycleValue, type SecurityLifecycle } from "./lifecycle.ts";
import { componentMap, componentOf, type SoftwareComponent } from "./software-component.ts";

/**
 * Names these rules and no others: a change that an old verifier would misread takes a new URI. A random UUID, because the
 * project owns no domain from which it could mint a `tag:` URI.
 */
export const EVIDENCE_PROFILE = "urn:uuid:f064090d-1adf-4c72-96d4-c1a2de411f3e";

/** Confirmation (RFC 8747, section 3.1). */
const CONFIRMATION = 8;
/** COSE Key SHA-256 thumbprint as confirmation method (RFC 9679, section 5.6). */
const THUMBPRINT = 5;
const NONCE = 10;
const UEID = 256;
const PROFILE = 265;
const BOOT_SEED = 268;
const LIFECYCLE = 2395;
const IMPLEMENTATION_ID = 2396;
const SOFTWARE_COMPONENTS = 2399;
const LABELS: readonly number[] = Object.freeze([
  ...[CONFIRMATION, NONCE, UEID, PROFILE, BOOT_SEED, LIFECYCLE, IMPLEMENTATION_ID, SOFTWARE_COMPONENTS],
]);

const UEID_BYTE_LENGTH = 33;
/** Boot seed, implementation id, thumbprint. */
const HASH_BYTE_LENGTH = 32;
/** Most components in evidence and in a measurement log. */
export const COMPONENT_LIMIT = 8;

/** What evidence says. */
export interface EvidenceClaims {
  /** 32, 48 or 64 bytes from the verifier (RFC 9783, section 4.1.1): makes evidence fresh. */
  readonly nonce: Uint8Array;
  /** 33 bytes: 0x01 and the device ID. */
  readonly ueid: Uint8Array;
  /** 32 random bytes of this boot. */
  readonly bootSeed: Uint8Array;
  readonly lifecycle: SecurityLifecycle;
  /** 32 bytes that name the board and product. */
  readonly implementationId: Uint8Array;
  /** In the order of boot, the root of trust first; 1 to 8. */
  readonly components: readonly SoftwareComponent[];
  /** Thumbprint of the key that the device will use, 32 bytes; undefined when it vouches for none. */
  readonly operationalKey: Uint8Array | undefined;
}

/** Whether a nonce has one of the lengths that RFC 9783 allows. */
export function isNonceLength(length: number): boolean {
  return length === 32 || length === 48 || length === 64;
}

/** @throws EvidenceError `claim-value`. */
export function encodeClaims(claims: EvidenceClaims): Uint8Array {
  checkClaims(claims);
  const entries: CborEntry[] = [
    [NONCE, claims.nonce],
    [UEID, claims.ueid],
    [PROFILE, EVIDENCE_PROFILE],
    [BOOT_SEED, claims.bootSeed],
    [LIFECYCLE, lifecycleValue(claims.lifecycle)],
    [IMPLEMENTATION_ID, claims.implementationId],
    [SOFTWARE_COMPONENTS, claims.components.map(componentMap)],
  ];
  if (claims.operationalKey !== undefined) {
    entries.push([CONFIRMATION, new CborMap([[THUMBPRINT, claims.operationalKey]])]);
  }
  return encodeCbor(new CborMap(entries));
}

/**
 * Reads claims whose signature has been verified: exactly what {@link encodeClaims} writes.
 * @throws EvidenceError of the kinds about claims, `profile`; CborError.
 */
export function decodeClaims(payload: Uint8Array): EvidenceClaims {
  const map = decodeCbor(payload);
  if (!(map instanceof CborMap)) throw new EvidenceError("claims-structure", "a map of claims", "another type");
  // First, so that evidence of another profile is named as such and not as malformed.
  const profile = requireClaim(map, PROFILE);
  if (profile !== EVIDENCE_PROFILE) throw new EvidenceError("profile", EVIDENCE_PROFILE, "another");
  for (const [label] of map.entries) {
    if (typeof label !== "number" || !LABELS.includes(label)) {
      throw new EvidenceError("claim-unknown", "claims of the profile", shownKey(label));
    }
  }
  const claims = {
    nonce: bytesAt(map, NONCE),
    ueid: bytesAt(map, UEID),
    bootSeed: bytesAt(map, BOOT_SEED),
    lifecycle: lifecycleAt(map),
    implementationId: bytesAt(map, IMPLEMENTATION_ID),
    components: componentsAt(map),
    operationalKey: operationalKeyAt(map),
  };
  checkClaims(claims);
  return claims;
}

function checkClaims(claims: EvidenceClaims): void {
  if (!isNonceLength(claims.nonce.length)) {
    throw new EvidenceError("claim-value", "a nonce of 32, 48 or 64 bytes", `${claims.nonce.length}`);
  }
  if (claims.ueid.length !== UEID_BYTE_LENGTH || claims.ueid[0] !== 1) {
    throw new EvidenceError("claim-value", "a UEID of 33 bytes beginning with 01", `${claims.ueid.length} bytes`);
  }
  checkHash("boot seed", claims.bootSeed);
  checkHash("implementation id", claims.implementationId);
  if (claims.operationalKey !== undefined) checkHash("key thumbprint", claims.operationalKey);
  const count = claims.components.length;
  if (count < 1 || count > COMPONENT_LIMIT) {
    throw new EvidenceError("claim-value", `1 to ${COMPONENT_LIMIT} components`, `${count}`);
  }
}

function checkHash(name: string, value: Uint8Array): void {
  if (value.length !== HASH_BYTE_LENGTH) {
    throw new EvidenceError("claim-value", `${name} of ${HASH_BYTE_LENGTH} bytes`, `${value.length}`);
  }
}

function requireClaim(map: CborMap, label: number): CborValue {
  const value = map.get(label);
  if (value === undefined) throw new EvidenceError("claim-missing", `claim ${label}`, "none");
  return value;
}

function bytesAt(map: CborMap, label: number): Uint8Array {
  const value = requireClaim(map, label);
  if (!(value instanceof Uint8Array)) throw structure(`bytes as claim ${label}`);
  return value;
}

function lifecycleAt(map: CborMap): SecurityLifecycle {
  const value = requireClaim(map, LIFECYCLE);
  if (typeof value !== "number") throw structure("an integer as lifecycle");
  const lifecycle = lifecycleOf(value);
  if (lifecycle === undefined) throw new EvidenceError("claim-value", "a lifecycle of the profile", `${value}`);
  return lifecycle;
}

function componentsAt(map: CborMap): SoftwareComponent[] {
  const value = requireClaim(map, SOFTWARE_COMPONENTS);
  if (!Array.isArray(value)) throw structure("an array as software components");
  return (value as readonly CborValue[]).map(componentOf);
}

function operationalKeyAt(map: CborMap): Uint8Array | undefined {
  const confirmation = map.get(CONFIRMATION);
  if (confirmation === undefined) return undefined;
  const isOne = confirmation instanceof CborMap && confirmation.entries.length === 1;
  const thumbprint = isOne ? confirmation.get(THUMBPRINT) : undefined;
  if (!(thumbprint instanceof Uint8Array)) throw structure("one key thumbprint as confirmation");
  return thumbprint;
}

function structure(expected: string): EvidenceError {
  return new EvidenceError("claims-structure", expected, "something else");
}
