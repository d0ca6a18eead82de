/** Everything an attacker can do with capability files, against the root of trust's own code; what gets through is told. */
import { CapabilityControl } from "../../../bootloader/lifecycle/capability-control.ts";
import { LifecycleLog } from "../../../bootloader/lifecycle/lifecycle-log.ts";
import { hostEs256, makeCapabilityFile } from "../../../host-tools/capability/capability-file.ts";
import { signDigest } from "../../../host-tools/image/crypto.ts";
import { type ImageKey, trustedKey } from "../../../host-tools/keys/key-file.ts";
import { testKey } from "../../../host-tools/keys/test-key.ts";
import type { Capability } from "../../../protocol/capability/capability.ts";
import { CapabilityError } from "../../../protocol/capability/errors.ts";
import { encodeCbor } from "../../../protocol/cbor/encode.ts";
import { CborMap, type CborValue } from "../../../protocol/cbor/values.ts";
import { es256Signer } from "../../../protocol/cose/es256.ts";
import { signSign1 } from "../../../protocol/cose/sign1.ts";
import { rawSignatureFromDer } from "../../../protocol/image/ecdsa-signature.ts";
import { chipArea } from "../../powerfail/chip-area.ts";
import { NorChip } from "../../powerfail/nor-chip.ts";

/** Where the number of the first grant is in a file: header of 45 bytes, device id and two fields' heads. */
const GRANT_OFFSET = 45 + 38;

const owner = testKey("ecdsa-p256");
const retired = testKey("ecdsa-p256");
const releases: ImageKey = { ...testKey("ecdsa-p256"), purpose: undefined };
const idOf = (name: string) => new Uint8Array(32).fill(name.charCodeAt(0));

/** A secured device: its flash, and boots of its root of trust. */
function device(name: string) {
  const chip = new NorChip({ unit: 8, blocks: [2048, 2048] }, 1);
  const log = new LifecycleLog(chipArea(chip, 0, 2));
  log.format();
  log.advance("provisioned");
  log.advance("secured");
  const keys = [trustedKey(owner), trustedKey(retired, true)];
  const trust = { deviceId: idOf(name), keys, crypto: hostEs256 };
  return { log, boot: (bootCount = 1) => new CapabilityControl(log, { ...trust, bootCount }) };
}

const make = (change: Partial<Capability> = {}, key = owner) =>
  makeCapabilityFile(
    { deviceId: idOf("A"), grants: ["console"], sequence: 5, use: "one-boot", notAfterBoot: undefined, ...change },
    key,
  );

/** Something that the owner's key signed, and that is no capability file. */
function signedElsewhere(payload: CborValue, external: string | undefined): Uint8Array {
  const sign = (digest: Uint8Array) => rawSignatureFromDer(signDigest(digest, owner).signature) as Uint8Array;
  return signSign1(
    {
      payload: encodeCbor(payload),
      protectedHeader: new CborMap([[4, owner.keyHash]]),
      ...(external === undefined ? {} : { external: new TextEncoder().encode(external) }),
    },
    es256Signer(hostEs256, sign),
  );
}

/** A payload of a capability file, with changes that tools do not make. */
const payload = (changes: readonly (readonly [number, CborValue])[]) =>
  new CborMap([...new Map<number, CborValue>([[1, idOf("A")], [2, [2]], [3, 5], [4, 1], ...changes])]);

/** What a root of trust that follows all rules must refuse, and what it must not be left with. @returns the attacks that succeed */
export function successfulAttacks(): readonly string[] {
  const successes: string[] = [];
  const attempt = (attack: string, file: Uint8Array, target = device("A"), bootCount = 1): void => {
    const root = target.boot(bootCount);
    try {
      root.applyCapability(file);
    } catch (error) {
      if (!(error instanceof CapabilityError)) successes.push(`${attack}: ${String(error)}`);
      return;
    }
    successes.push(attack);
  };
  const expectClosed = (attack: string, root: CapabilityControl): void => {
    const { commands, plainImages } = root.policy;
    if (plainImages || commands.length !== 1 || commands[0] !== "identity") successes.push(attack);
  };

  attempt("A's file on B", make(), device("B"));
  const file = make();
  // Every bit of the grants, and one of each other byte; capability.test.ts changes them all.
  for (let at = 0; at < file.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      if (bit !== at % 8 && at !== GRANT_OFFSET) continue;
      const changed = file.slice();
      changed[at] = (changed[at] as number) ^ (1 << bit);
      attempt(`bit ${bit} of byte ${at} changed`, changed);
    }
  }
  attempt("a key that signs releases", make({}, releases));
  attempt("a retired key", make({}, retired));
  attempt("what the owner's key signed without saying what for", signedElsewhere(payload([]), undefined));
  attempt("what the owner's key signed for something else", signedElsewhere(payload([]), "holdfast rollout 1"));
  const ours = "holdfast capability 1";
  attempt("a grant of a later version", signedElsewhere(payload([[2, [2, 3]]]), ours));
  attempt("a field of a later version", signedElsewhere(payload([[9, 1]]), ours));
  attempt("a boot after the last", make({ notAfterBoot: 7 }), device("A"), 8);

  const replaced = device("A");
  replaced.boot().applyCapability(make({ use: "stored", grants: ["console"], sequence: 8 }));
  attempt(
    "a file older than the stored one",
    make({ use: "stored", grants: ["app-development"], sequence: 7 }),
    replaced,
  );
  attempt("a file for one boot that is older", make({ sequence: 8 }), replaced);

  const revoked = device("A");
  revoked.boot().applyCapability(make({ use: "stored", sequence: 8 }));
  revoked.boot().applyCapability(make({ use: "stored", grants: [], sequence: 9 }));
  expectClosed("a revoked file in force at the next boot", revoked.boot());
  attempt("a revoked file", make({ use: "stored", sequence: 8 }), revoked);
  attempt("a file for one boot that was revoked with it", make({ sequence: 9 }), revoked);

  const copied = device("B");
  copied.log.storeCapability(make({ use: "stored", grants: ["app-development"] }), 5);
  expectClosed("A's file in the flash of B", copied.boot());

  const passing = device("A");
  passing.boot().applyCapability(make({ grants: ["app-development"] }));
  expectClosed("a file for one boot in force at the next", passing.boot());

  const open = device("A").boot();
  open.applyCapability(make({ grants: ["app-development", "field-servicing"] }));
  if (open.policy.claim !== "debug") successes.push("an open device that says secured");
  if (open.policy.plainImages) successes.push("plain images by a file that DICE did not measure");
  return successes;
}
