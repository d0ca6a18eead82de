/** The claims of evidence: an EAT (RFC 9711) with claims of RFC 9783, under our own profile (docs/design/0011-identity.md). */
import { encodeCbor } from "../cbor/encode.ts";
import { type CborEntry, CborMap } from "../cbor/values.ts";
import { EvidenceError } from "./errors.ts";
import { lifecycleValue, type SecurityLifecycle } from "./lifecycle.ts";
import { componentMap, type SoftwareComponent } from "./software-component.ts";

/**
 * Names these rules and no others: a change that an old verifier would misread takes a new URI. A random UUID, because the
 * project owns no domain from which it could mint a `tag:` URI.
 */
export const EVIDENCE_PROFILE = "urn:uuid:f064090d-1adf-4c72-96d4-c1a2de411f3e";

/** Confirmation (RFC 8747, section 3.1). */
export const CONFIRMATION = 8;
/** COSE Key SHA-256 thumbprint as confirmation method (RFC 9679, section 5.6). */
export const THUMBPRINT = 5;
export const NONCE = 10;
export const UEID = 256;
export const PROFILE = 265;
export const BOOT_SEED = 268;
export const LIFECYCLE = 2395;
export const IMPLEMENTATION_ID = 2396;
export const SOFTWARE_COMPONENTS = 2399;

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

/** Refuses a field out of its range. @throws EvidenceError `claim-value`. */
export function checkClaims(claims: EvidenceClaims): void {
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
