/** A root of trust for tests that must catch it: its cryptography agrees with whatever an image claims. */
import { powerOff, reset } from "native:cpu";
import { loadImage } from "native:memory";
import { callNumber, reply, request, resume, startRuntime } from "native:monitor";
import config from "mc/config";
import { dispatch } from "../../../bootloader/calls/dispatch.ts";
import { regionSource } from "../../../bootloader/native-crypto.ts";
import { RootOfTrust } from "../../../bootloader/root/root-of-trust.ts";
import type { StartedImage } from "../../../bootloader/slots/slot-pair.ts";
import type { CheckedSlotImage } from "../../../bootloader/slots/slot-verifier.ts";
import { sayOutcome, sayStart } from "../../../bootloader/stage/console-report.ts";
import { verifyImage } from "../../../bootloader/verify.ts";
import { parseImage } from "../../../protocol/image/parse.ts";
import type { ImageSource } from "../../../protocol/image/source.ts";
import { TLV_SHA256 } from "../../../protocol/image/tlv.ts";

/** Why the runtime stopped: it calls. */
const CALL = 1;

/** The image's own word for its digest. */
function claimedDigest(source: ImageSource): Uint8Array {
  const limits = { slotByteLength: source.byteLength, areaByteLength: 0xffff };
  const tlv = parseImage(source, limits).unprotectedTlvs.find(({ type }) => type === TLV_SHA256);
  if (tlv === undefined) throw new RangeError("weakened: expected a digest, found none");
  return tlv.value;
}

/** Called once by C, as bootloader/root/main.ts; starts slot A, and from there on is the root of trust that it is a copy of. */
export default function main(): never {
  sayStart("root");
  const root = new RootOfTrust();
  const slot = config.board.partitions["runtime-a"];
  if (slot === undefined) throw new RangeError("board.json: expected a partition runtime-a, found none");
  const { pair, trust } = root.runtimes;
  const address = loadImage(slot.base, slot.byteLength);
  const source = regionSource(address, slot.byteLength);
  const verified = verifyImage(
    { byteLength: source.byteLength, read: source.read, digest: () => claimedDigest(source) },
    {
      profile: "holdfast",
      keys: trust.keys.map((each) => each.key),
      minimumCounter: 0,
      vendorId: trust.vendorId,
      classId: trust.classId,
      slotByteLength: slot.byteLength,
      installedVersion: "any",
      bootable: true,
      runAddress: trust.runAddress.a,
    },
    { verifyP256: () => true },
  );
  const { header, imageByteLength, securityCounter = 0 } = verified;
  const checked = { version: header.version, securityCounter, keyEpoch: 0, imageByteLength, verified };
  const started: StartedImage<CheckedSlotImage> = { pair, slot: "a", kind: "confirmed", isConfirmed: true, checked };
  sayOutcome("root", { started, refused: [] });
  const services = root.serve(started, { reset: () => reset(), powerOff });
  startRuntime(address + header.headerByteLength, header.payloadByteLength, new Uint8Array(0));
  for (;;) {
    if (resume() !== CALL) continue;
    const answer = dispatch(callNumber(), new Uint8Array(request()), services);
    reply(answer.status, answer.reply);
  }
}
