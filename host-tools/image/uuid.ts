/** Vendor and class identifiers: UUIDs as text, or names hashed to a UUID (RFC 9562 section 5.5) as imgtool does. */
import { createHash } from "node:crypto";
import { fromHex } from "../../protocol/image/bytes.ts";

/** RFC 9562 section 6.6: the name space of domain names, in which a vendor's name is hashed. */
const DOMAIN_NAME_SPACE = "6ba7b8109dad11d180b400c04fd430c8";

/**
 * The vendor identifier for a UUID (with or without dashes) or a name such as `example.com`.
 * @returns 16 bytes.
 */
export function vendorIdentifier(text: string): Uint8Array {
  return parseUuid(text) ?? uuidOfName(fromHex(DOMAIN_NAME_SPACE), text);
}

/**
 * The class identifier for a UUID, or for a name within a vendor's name space.
 * @returns 16 bytes.
 */
export function classIdentifier(text: string, vendorId: Uint8Array): Uint8Array {
  return parseUuid(text) ?? uuidOfName(vendorId, text);
}

/** Writes 16 bytes as a UUID with dashes. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function parseUuid(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i.test(text)) return undefined;
  return fromHex(text.replaceAll("-", ""));
}

function uuidOfName(nameSpace: Uint8Array, name: string): Uint8Array {
  const bytes = new Uint8Array(createHash("sha1").update(nameSpace).update(name, "utf8").digest().subarray(0, 16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes;
}
