/** The defences that the image attacks meet, each taken away in turn by a change of its source, with the trial that must notice. */
import type { Weakening } from "../../../host-tools/powerfail/simulator.ts";
import type * as everything from "./everything.ts";

/** A rule, and the change that breaks it. */
export interface WeakenedRule extends Weakening {
  readonly trial: keyof typeof everything;
}

const parse = "protocol/image/parse.ts";
const profile = "protocol/image/profile.ts";
const tlv = "protocol/image/tlv.ts";
const header = "protocol/image/header.ts";
const verify = "bootloader/verify.ts";

/** `replace` is what a hurried change could have written. */
export const WEAKENED_RULES: readonly WeakenedRule[] = [
  {
    rule: "the digest is computed, not believed",
    trial: "everySignedByte",
    path: verify,
    find: "const digest = source.digest(0, image.signedByteLength);",
    replace: "const digest = claims.digest;",
  },
  {
    rule: "a key counts for its own purpose only",
    trial: "foreignKeys",
    path: "host-tools/keys/key-ring.ts",
    find: "({ key }) => key.purpose === purpose",
    replace: "() => true",
  },
  {
    rule: "a build compiles in that a key is revoked",
    trial: "foreignKeys",
    path: "host-tools/keys/key-file.ts",
    find: "epoch: key.epoch, revoked }",
    replace: "epoch: key.epoch, revoked: false }",
  },
  {
    rule: "a build compiles in a key's epoch",
    trial: "foreignKeys",
    path: "host-tools/keys/key-file.ts",
    find: "epoch: key.epoch, revoked }",
    replace: "epoch: 9, revoked }",
  },
  {
    rule: "keys of older epochs are revoked",
    trial: "foreignKeys",
    path: "bootloader/slots/slot-verifier.ts",
    find: "key.revoked || epoch < floor.keyEpoch",
    replace: "key.revoked",
  },
  {
    rule: "a revoked key accepts nothing",
    trial: "foreignKeys",
    path: verify,
    find: 'if (key.revoked) return "key-revoked";',
    replace: "",
  },
  {
    rule: "a signature is verified, not only its key's name",
    trial: "foreignKeys",
    path: verify,
    find: 'return valid ? undefined : "signature-invalid";',
    replace: "return undefined;",
  },
  {
    rule: "an image is for one vendor",
    trial: "foreignKeys",
    path: verify,
    find: '  requireIdentity("vendor-mismatch", "vendor", policy.vendorId, claims.vendorId);\n',
    replace: "",
  },
  {
    rule: "an image is for one class of product and one stage",
    trial: "foreignKeys",
    path: verify,
    find: '  requireIdentity("class-mismatch", "class", policy.classId, claims.classId);\n',
    replace: "",
  },
  {
    rule: "a package is not started",
    trial: "foreignKeys",
    path: verify,
    find: "policy.bootable && (header.flags & FLAG_NON_BOOTABLE) !== 0",
    replace: "false",
  },
  {
    rule: "the counter is looked at before the product",
    trial: "pairwiseOrder",
    path: verify,
    find: '  requireCounter(claims, policy);\n  requireIdentity("vendor-mismatch", "vendor", policy.vendorId, claims.vendorId);\n',
    replace:
      '  requireIdentity("vendor-mismatch", "vendor", policy.vendorId, claims.vendorId);\n  requireCounter(claims, policy);\n',
  },
  {
    rule: "sizes are looked at before bounds",
    trial: "singleDefects",
    path: header,
    find: "if (header.payloadByteLength === 0)",
    replace: "if (header.payloadByteLength === -1)",
  },
  {
    rule: "the end of the last area is looked at before the structure",
    trial: "pairwiseOrder",
    path: parse,
    find: "  requireAreaInside(source, signedEnd, available);\n",
    replace: "",
  },
  {
    rule: "types are looked at before lengths",
    trial: "pairwiseOrder",
    path: profile,
    find: 'requireAllowed(tlv, "unprotected", unprotectedByteLength(tlv.type));',
    replace: ";",
  },
  {
    rule: "a revoked key is told from a wrong signature",
    trial: "pairwiseOrder",
    path: verify,
    find: '  if (key.revoked) return "key-revoked";\n',
    replace: "",
  },
  {
    rule: "a TLV ends inside its area",
    trial: "fuzz",
    path: tlv,
    find: "if (length > left) {",
    replace: "if (length > left + 64) {",
  },
  {
    rule: "the protected area is as long as the header says",
    trial: "fuzz",
    path: parse,
    find: "if (byteLength !== undefined && total !== byteLength) {",
    replace: "if (byteLength !== undefined && total > byteLength) {",
  },
  {
    rule: "a type occurs once",
    trial: "fuzz",
    path: parse,
    find: "  refuseDuplicates(protectedTlvs);\n",
    replace: "",
  },
  {
    rule: "a signature follows its key hash",
    trial: "fuzz",
    path: parse,
    find: "  requirePairs(unprotectedTlvs);\n",
    replace: "",
  },
  {
    rule: "the last area holds digest, keys and signatures only",
    trial: "fuzz",
    path: profile,
    find: 'requireAllowed(tlv, "unprotected", unprotectedByteLength(tlv.type));',
    replace: ";",
  },
  {
    rule: "unknown protected types are refused",
    trial: "fuzz",
    path: profile,
    find: 'requireAllowed(tlv, "protected", protectedByteLength(tlv.type));',
    replace: ";",
  },
  {
    rule: "values of a fixed size have it",
    trial: "fuzz",
    path: profile,
    find: "if (byteLength === undefined || byteLength < 0 || tlv.value.length === byteLength) return;",
    replace: "if (byteLength !== 16 || tlv.value.length === byteLength) return;",
  },
  {
    rule: "the mandatory TLVs are there",
    trial: "fuzz",
    path: profile,
    find: "    requirePresent(claims.bootRecord, TLV_BOOT_RECORD, image);\n",
    replace: "",
  },
];
