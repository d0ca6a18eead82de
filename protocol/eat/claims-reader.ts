/** Reads the claims of evidence: for verifiers, which no device is. */
import { decodeCbor } from "../cbor/decode.ts";
import { shownKey } from "../cbor/keys.ts";
import { CborMap, type CborValue } from "../cbor/values.ts";
import {
  BOOT_SEED,
  CONFIRMATION,
  checkClaims,
  EVIDENCE_PROFILE,
  type EvidenceClaims,
  IMPLEMENTATION_ID,
  LIFECYCLE,
  NONCE,
  PROFILE,
  SOFTWARE_COMPONENTS,
  THUMBPRINT,
  UEID,
} from "./claims.ts";
import { EvidenceError } from "./errors.ts";
import { lifecycleOf, type SecurityLifecycle } from "./lifecycle.ts";
import { componentOf, type SoftwareComponent } from "./software-component.ts";

const LABELS: readonly number[] = Object.freeze([
  ...[CONFIRMATION, NONCE, UEID, PROFILE, BOOT_SEED, LIFECYCLE, IMPLEMENTATION_ID, SOFTWARE_COMPONENTS],
]);

/**
 * Reads claims whose signature has been verified: exactly what `encodeClaims` writes.
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
