/** Who a running device is: its evidence, asked for at its console with a nonce of this host's, and verified here. */
import { randomBytes } from "node:crypto";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { verifyAttestation } from "../../protocol/eat/attestation.ts";
import type { EvidenceClaims } from "../../protocol/eat/claims.ts";
import { fromHex } from "../../protocol/image/bytes.ts";
import { hostIdentityCrypto } from "../identity/crypto.ts";
import type { DeviceRecord } from "./device-record.ts";
import { fieldOf, isBytes, type LiveConsole } from "./live-console.ts";

const NONCE_BYTE_LENGTH = 32;

/**
 * Asks a device for evidence and verifies it with the identity key of its record, so that another device cannot answer for it.
 * @throws DeviceError `console-silent`, `console-refused`; EvidenceError, CoseError, CborError, DiceError for evidence that is not
 *   this device's, now
 */
export async function attestLive(
  live: LiveConsole,
  record: Pick<DeviceRecord, "identityKey">,
): Promise<EvidenceClaims> {
  const crypto = hostIdentityCrypto();
  const nonce = new Uint8Array(randomBytes(NONCE_BYTE_LENGTH));
  // The largest first: a device has the most memory then.
  const evidence = fieldOf(await live.call("attest", [["nonce", nonce]]), "evidence", isBytes);
  const identity = await live.call("identity");
  const operational = fieldOf(await live.call("operationalKey"), "publicKey", isBytes);
  const certificates = decodeCbor(fieldOf(identity, "certificates", isBytes)) as readonly Uint8Array[];
  const expected = {
    identityKey: fromHex(record.identityKey),
    nonce,
    operationalKey: keyThumbprint(operational, crypto.sha256),
  };
  return verifyAttestation({ certificates, evidence }, expected, crypto);
}
