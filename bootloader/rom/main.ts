/**
 * The boot ROM, which is never changed: verifies the root of trust, measures it, and starts it with the secrets that follow from
 * the device secret and that measurement. The device secret itself stays here.
 */
import { launch, powerOff } from "native:cpu";
import { wipe } from "native:signing";
import { openRandom } from "rom-devices";
import { HealthTest } from "../../hal/drivers/virtio-rng/health-test.ts";
import type { SecurityLifecycle } from "../../protocol/eat/lifecycle.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import { formatVersion } from "../../protocol/image/version.ts";
import { CounterLog } from "../counters/counter-log.ts";
import { RUNTIME_IMAGE } from "../counters/counter-names.ts";
import { enterRootOfTrust } from "../identity/attestation.ts";
import { generateDeviceSecret, importDeviceSecret } from "../identity/device-secret.ts";
import { nativeFirstStageCrypto, nativeIdentityPrimitives } from "../identity/native-identity-crypto.ts";
import { DeviceSecretStore } from "../lifecycle/device-secret-store.ts";
import { deviceSecretForBoot, lifecycleForBoot, measuredLifecycle } from "../lifecycle/lifecycle-boot.ts";
import { LifecycleLog } from "../lifecycle/lifecycle-log.ts";
import type { StartedImage } from "../slots/slot-pair.ts";
import type { CheckedSlotImage } from "../slots/slot-verifier.ts";
import { startImage } from "../slots/start-image.ts";
import type { Trust } from "../slots/trust.ts";
import { openBoardSlots, openPartition } from "../stage/board-slots.ts";
import { say, sayOutcome, sayRefusedLaunch, sayStart } from "../stage/console-report.ts";
import { encodeHandOver } from "../stage/hand-over.ts";

const EXIT_STOPPED = 1;
/** A new root of trust gets one try, as the format says. */
const TRY_LIMIT = 1;
const SEED_BYTE_LENGTH = 64;

/** Called once by C. Never returns: the root of trust runs, or the board is off. */
export default function main(): never {
  sayStart("rom");
  const random = openRandom();
  const store = new DeviceSecretStore(openPartition("device-secret"));
  const lifecycleLog = new LifecycleLog(openPartition("lifecycle"));
  const found = lifecycleForBoot(lifecycleLog, store).lifecycle;
  const secret = deviceSecretForBoot(store, found, () =>
    generateDeviceSecret({ random, test: new HealthTest(), crypto: nativeIdentityPrimitives }),
  );
  if (secret === undefined) return stop("decommissioned");
  // From here on the device is somebody: what is derived at its first start is what it will derive later.
  if (found === "blank") lifecycleLog.advance("provisioned");
  const { pair, verifier, trust } = openBoardSlots("root", "any");
  const outcome = startImage(pair, new CounterLog(openPartition("state")), verifier, {
    tryLimit: TRY_LIMIT,
    isBaseConfirmed: true,
  });
  sayOutcome("rom", outcome);
  const { started } = outcome;
  if (started === undefined) return stop("no-image");
  const seed = new Uint8Array(SEED_BYTE_LENGTH);
  random.fill(seed);
  random.close();
  const block = handOver(started, trust, {
    secret,
    seed,
    lifecycle: measuredLifecycle(lifecycleLog.read()),
    isNew: found === "blank",
  });
  const { headerByteLength, payloadByteLength } = started.checked.verified.header;
  try {
    return launch(trust.runAddress[started.slot] + headerByteLength, payloadByteLength, block);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    sayRefusedLaunch("rom", error);
    return powerOff(EXIT_STOPPED);
  }
}

/** What the ROM found or made on this device. */
interface DeviceState {
  /** 32 bytes, zeroed when they are used up. */
  readonly secret: Uint8Array;
  readonly seed: Uint8Array;
  readonly lifecycle: SecurityLifecycle;
  /** The device has become somebody in this boot, and says who once. */
  readonly isNew: boolean;
}

/** Derives everything that the root of trust is to have, and destroys what it comes from. */
function handOver(
  started: StartedImage<CheckedSlotImage>,
  { keys }: Trust,
  { secret, seed, lifecycle, isNew }: DeviceState,
): Uint8Array {
  const { checked, slot, kind, isConfirmed } = started;
  const { verified, version, securityCounter } = checked;
  const crypto = nativeFirstStageCrypto();
  const { layer, ...identity } = enterRootOfTrust(crypto, importDeviceSecret(crypto, secret), {
    component: {
      type: "root-of-trust",
      value: verified.digest,
      version: formatVersion(version),
      signer: verified.key.keyHash,
    },
    securityCounter,
    lifecycle,
    authorities: keys.map(({ key }) => key.keyHash),
  });
  const { identityKey, certificate } = identity;
  const record = isNew ? ` key=${toHex(identityKey)} certificate=${toHex(certificate)}` : "";
  say("rom", `identity device=${toHex(identity.deviceId)}${record}`);
  const cdis = layer.moveOut(crypto);
  const block = encodeHandOver({
    ...cdis,
    seed,
    identityKey,
    certificate,
    slot,
    kind,
    isConfirmed,
    image: checked,
    digest: verified.digest,
    signer: verified.key.keyHash,
    minimumRuntime: verified.dependencies.find(({ image }) => image === RUNTIME_IMAGE)?.minimum,
  });
  for (const bytes of [cdis.attestation, cdis.sealing, seed]) wipe(bytes);
  return block;
}

function stop(code: string): never {
  say("rom", `stopped code=${code}`);
  return powerOff(EXIT_STOPPED);
}
