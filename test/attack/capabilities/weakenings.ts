/** The defences that attacks on capability files meet, each taken away in turn by a change of its source. */
import type { Weakening } from "../../../host-tools/powerfail/simulator.ts";

const verify = "protocol/capability/verify.ts";
const content = "protocol/capability/capability.ts";
const control = "bootloader/lifecycle/capability-control.ts";
const log = "bootloader/lifecycle/lifecycle-log.ts";
const policy = "bootloader/lifecycle/effective-policy.ts";

/** `replace` is what a hurried change could have written. */
export const WEAKENED_RULES: readonly Weakening[] = [
  {
    rule: "a file is for one device",
    path: verify,
    find: "if (!equalBytes(deviceId, context.deviceId)) {",
    replace: "if (deviceId.length !== context.deviceId.length) {",
  },
  {
    rule: "every bit is under the signature",
    path: "protocol/cose/sign1.ts",
    find: "if (!verifier.verify(signed, decoded.signature)) {",
    replace: "if (signed.length === 0) {",
  },
  {
    rule: "the key is one for capability files",
    path: verify,
    find: 'found === undefined || found.publicKey.algorithm !== "ecdsa-p256"',
    replace: "found === undefined && keys.length === 0",
  },
  {
    rule: "a retired key signs nothing",
    path: verify,
    find: "if (key.revoked) throw",
    replace: "if (keys.length === 0) throw",
  },
  {
    rule: "a signature says what it is for",
    path: "protocol/capability/file.ts",
    find: 'SIGNED_CONTEXT = "holdfast capability 1"',
    replace: 'SIGNED_CONTEXT = ""',
  },
  {
    rule: "an unknown grant refuses the file",
    path: content,
    find: 'if (grant === undefined) throw new CapabilityError("grant-unknown", "known grants in their order", "another");',
    replace: "if (grant === undefined) continue;",
  },
  {
    rule: "an unknown field refuses the file",
    path: content,
    find: "if (map.entries.length !== known) throw",
    replace: "if (map.entries.length < known) throw",
  },
  {
    rule: "a file ends with its last boot",
    path: verify,
    find: "context.bootCount > notAfterBoot",
    replace: "context.bootCount < 0",
  },
  {
    rule: "what was replaced stays replaced",
    path: verify,
    find: "sequence < context.minimumSequence",
    replace: "sequence < 0",
  },
  {
    rule: "a stored file moves the floor past itself",
    path: log,
    find: "capability: file, sequenceFloor: sequence + 1 }",
    replace: "capability: file, sequenceFloor: sequence }",
  },
  {
    rule: "what is forgotten is refused",
    path: log,
    find: "sequence === undefined ? 0 : sequence + 1)",
    replace: "0)",
  },
  {
    rule: "a stored file is verified at each boot",
    path: control,
    find: "verifyCapability(file, { ...this.#trust, minimumSequence: 0 })",
    replace: '{ grants: ["app-development"], use: "stored" }',
  },
  {
    rule: "a file for one boot is not stored",
    path: control,
    find: '  if (verified.use === "one-boot") return verified;\n',
    replace: "",
  },
  {
    rule: "an open device says debug",
    path: control,
    find: 'securityLifecycle(this.lifecycle, this.isDebug || this.#claim === "debug")',
    replace: 'securityLifecycle(this.lifecycle, this.#claim === "debug")',
  },
  {
    rule: "plain images need a file that was measured",
    path: policy,
    find: 'isMeasured && grants.includes("app-development")',
    replace: 'isDebug && grants.includes("app-development")',
  },
];
