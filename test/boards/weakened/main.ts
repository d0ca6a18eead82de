/** A root of trust for tests that must catch it: its cryptography agrees with whatever an image claims. */
import { instructions, takeHandOver } from "native:cpu";
import { loadImage } from "native:memory";
import { reply, resume, startRuntime } from "native:monitor";
import config from "mc/config";
import { regionSource } from "../../../bootloader/native-crypto.ts";
import { type TrustText, trustFromText } from "../../../bootloader/slots/trust.ts";
import { say, sayStart } from "../../../bootloader/stage/console-report.ts";
import { verifyImage } from "../../../bootloader/verify.ts";
import { toHex } from "../../../protocol/image/bytes.ts";
import { parseImage } from "../../../protocol/image/parse.ts";
import type { ImageSource } from "../../../protocol/image/source.ts";
import { TLV_SHA256 } from "../../../protocol/image/tlv.ts";
import { formatVersion } from "../../../protocol/image/version.ts";

const INTERNAL = 6;

/** The image's own word for its digest. */
function claimedDigest(source: ImageSource): Uint8Array {
  const limits = { slotByteLength: source.byteLength, areaByteLength: 0xffff };
  const tlv = parseImage(source, limits).unprotectedTlvs.find(({ type }) => type === TLV_SHA256);
  if (tlv === undefined) throw new RangeError("weakened: expected a digest, found none");
  return tlv.value;
}

/** Called once by C, as bootloader/root/main.ts; starts slot A and answers no call. */
export default function main(): never {
  sayStart("root");
  takeHandOver();
  const slot = config.board.partitions["runtime-a"];
  if (slot === undefined) throw new RangeError("board.json: expected a partition runtime-a, found none");
  const address = loadImage(slot.base, slot.byteLength);
  const source = regionSource(address, slot.byteLength);
  const trust = trustFromText(config.trust.runtime as TrustText);
  const { header, digest, key } = verifyImage(
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
  const names = `version=${formatVersion(header.version)} digest=${toHex(digest)} key=${toHex(key.keyHash)}`;
  say("root", `verified slot=a start=confirmed ${names} instructions=${instructions()}`);
  startRuntime(address + header.headerByteLength, header.payloadByteLength, new Uint8Array(0));
  for (;;) if (resume() === 1) reply(INTERNAL, new Uint8Array(0));
}
