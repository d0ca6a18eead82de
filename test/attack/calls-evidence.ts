/** Reads claims of evidence that some other test verifies. */
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { CborTag } from "../../protocol/cbor/values.ts";
import type { EvidenceClaims } from "../../protocol/eat/claims.ts";
import { decodeClaims } from "../../protocol/eat/claims-reader.ts";

/** The claims, unverified. */
export function decodeEvidencePayload(evidence: Uint8Array): EvidenceClaims {
  const message = decodeCbor(evidence, { tags: [18] });
  if (!(message instanceof CborTag) || !Array.isArray(message.value)) throw new RangeError("expected a COSE_Sign1");
  return decodeClaims(message.value[2] as Uint8Array);
}
