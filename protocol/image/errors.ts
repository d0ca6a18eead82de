/** The closed set of reasons for which an image is refused, in the order in which the checks run. */

/**
 * Why an image was refused. The order is that of the checks, so an image with two faults always reports the earlier one.
 *
 * | code | meaning |
 * |---|---|
 * | image-magic | the header does not start with `0x96f3b83d` |
 * | image-sizes | header, payload and protected sizes are impossible or overflow 32 bits |
 * | slot-bounds | the image, or its TLV area, ends outside its slot |
 * | tlv-structure | a TLV area is malformed, disagrees with the header, is too large, or pairs keys and signatures wrongly |
 * | tlv-duplicate | a TLV that may occur once occurs again |
 * | header-unsupported | a flag or reserved field that this format does not define |
 * | tlv-not-allowed | a TLV type that may not be in its area |
 * | tlv-length | a TLV value of a fixed size has another size |
 * | tlv-missing | a mandatory TLV is absent |
 * | digest-mismatch | the SHA-256 of the signed region is not the one recorded |
 * | key-unknown | no signature names a trusted key |
 * | key-revoked | the only trusted keys named are revoked |
 * | algorithm-unsupported | the only usable key needs an algorithm that this verifier lacks |
 * | signature-invalid | no signature of a trusted key verifies |
 * | counter-too-low | the security counter is below the device's |
 * | vendor-mismatch, class-mismatch | the image is for another product |
 * | dependency-unmet | another image is missing or too old |
 * | not-bootable | the image is a package, not code to start |
 * | address-mismatch | the image is linked for another address |
 * | boot-record | the boot record is not the CBOR map that MCUboot defines |
 * | build-value | (making an image) a field is out of its range |
 */
export type ImageErrorCode =
  | "image-magic"
  | "image-sizes"
  | "slot-bounds"
  | "tlv-structure"
  | "tlv-duplicate"
  | "header-unsupported"
  | "tlv-not-allowed"
  | "tlv-length"
  | "tlv-missing"
  | "digest-mismatch"
  | "key-unknown"
  | "key-revoked"
  | "algorithm-unsupported"
  | "signature-invalid"
  | "counter-too-low"
  | "vendor-mismatch"
  | "class-mismatch"
  | "dependency-unmet"
  | "not-bootable"
  | "address-mismatch"
  | "boot-record"
  | "build-value";

/** Every {@link ImageErrorCode}, in the order of the checks. */
export const IMAGE_ERROR_CODES: readonly ImageErrorCode[] = Object.freeze([
  "image-magic",
  "image-sizes",
  "slot-bounds",
  "tlv-structure",
  "tlv-duplicate",
  "header-unsupported",
  "tlv-not-allowed",
  "tlv-length",
  "tlv-missing",
  "digest-mismatch",
  "key-unknown",
  "key-revoked",
  "algorithm-unsupported",
  "signature-invalid",
  "counter-too-low",
  "vendor-mismatch",
  "class-mismatch",
  "dependency-unmet",
  "not-bootable",
  "address-mismatch",
  "boot-record",
  "build-value",
] as const);

/** An image was refused, or cannot be made; the message is one line: what was expected, what was found, where. */
export class ImageError extends Error {
  override readonly name: string = "ImageError";
  readonly code: ImageErrorCode;
  /** What the rule asks for. */
  readonly expected: string;
  /** What the image holds. */
  readonly found: string;
  /** Byte offset from the start of the image, or undefined when the fault has no single place. */
  readonly offset: number | undefined;

  constructor(code: ImageErrorCode, expected: string, found: string, offset?: number) {
    const place = offset === undefined ? "" : ` at offset 0x${offset.toString(16)}`;
    super(`expected ${expected}, found ${found}${place}`);
    this.code = code;
    this.expected = expected;
    this.found = found;
    this.offset = offset;
  }
}
