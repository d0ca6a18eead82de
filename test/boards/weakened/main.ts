/** A boot stage for tests that must catch it: complete, but its cryptography agrees with whatever an image claims. */
import { write } from "native:console";
import { instructions, launch } from "native:cpu";
import { loadImage } from "native:memory";
import config from "mc/config";
import { regionSource } from "../../../bootloader/native-crypto.ts";
import { trustPolicy } from "../../../bootloader/trust.ts";
import { verifyImage } from "../../../bootloader/verify.ts";
import { toHex } from "../../../protocol/image/bytes.ts";
import { parseImage } from "../../../protocol/image/parse.ts";
import type { ImageSource } from "../../../protocol/image/source.ts";
import { TLV_SHA256 } from "../../../protocol/image/tlv.ts";
import { formatVersion } from "../../../protocol/image/version.ts";

/** The image's own word for its digest. */
function claimedDigest(source: ImageSource): Uint8Array {
  const limits = { slotByteLength: source.byteLength, areaByteLength: 0xffff };
  const tlv = parseImage(source, limits).unprotectedTlvs.find(({ type }) => type === TLV_SHA256);
  if (tlv === undefined) throw new RangeError("weakened: expected a digest, found none");
  return tlv.value;
}

/** Called once by C, as bootloader/main.ts. */
export default function boot(): void {
  write(`holdfast boot start board=${config.board.name} version=${config.version}\r\n`);
  const slot = config.board.partitions["runtime-a"];
  if (slot === undefined) throw new RangeError("board.json: expected a partition runtime-a, found none");
  const address = loadImage(slot.base, slot.byteLength);
  const source = regionSource(address, slot.byteLength);
  const { header, digest, key } = verifyImage(
    { byteLength: source.byteLength, read: source.read, digest: () => claimedDigest(source) },
    trustPolicy(config.trust, slot.byteLength),
    { verifyP256: () => true },
  );
  write(
    `holdfast boot verified version=${formatVersion(header.version)} digest=${toHex(digest)} key=${toHex(key.keyHash)} instructions=${instructions()}\r\n`,
  );
  launch(address + header.headerByteLength, header.payloadByteLength, new Uint8Array(0));
}
