/** Every secret of a device, derived on the host from its flash file as boot ROM and root of trust derive them on the board. */
import { enterRootOfTrust } from "../../../bootloader/identity/attestation.ts";
import type { Secret } from "../../../bootloader/identity/crypto.ts";
import { importDeviceSecret } from "../../../bootloader/identity/device-secret.ts";
import { MeasurementLog } from "../../../bootloader/identity/measurements.ts";
import { FirstStageCrypto } from "../../../bootloader/identity/software-crypto.ts";
import { DeviceSecretStore } from "../../../bootloader/lifecycle/device-secret-store.ts";
import { measuredLifecycle } from "../../../bootloader/lifecycle/lifecycle-boot.ts";
import { LifecycleLog } from "../../../bootloader/lifecycle/lifecycle-log.ts";
import { RUNTIME_DATA } from "../../../bootloader/sealing/sealer.ts";
import type { BuildResult } from "../../../host-tools/build/build.ts";
import { MemoryFlash } from "../../../host-tools/flash/memory-flash.ts";
import { hostIdentityPrimitives } from "../../../host-tools/identity/crypto.ts";
import type { BuildKeys } from "../../../host-tools/keys/build-keys.ts";
import { fromHex, toHex } from "../../../protocol/image/bytes.ts";
import type { UpdateDevice } from "../updates/device.ts";

/** What a device keeps to itself, and what it tells everybody, to see that it is the same device. */
export interface DeviceSecrets {
  /** Byte strings by what they are. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly deviceId: Uint8Array;
  /** The layer's, evidence and operational public keys. */
  readonly guarded: ReadonlyMap<string, Uint8Array>;
}

/** @throws LifecycleError for a device that has not been started yet */
export function secretsOf(device: UpdateDevice, build: BuildResult, keys: BuildKeys): DeviceSecrets {
  const secrets = new Map<string, Uint8Array>();
  const note = (name: string, bytes: Uint8Array): void => {
    secrets.set(`${name} ${toHex(bytes).slice(0, 6)}`, bytes.slice());
  };
  const crypto = new NotingCrypto(note);
  const secret = new DeviceSecretStore(partition(device, "device-secret")).read();
  note("device secret", secret);
  const component = (role: "root" | "runtime", type: string) => {
    const image = build.images.find((each) => each.role === role);
    if (image === undefined) throw new RangeError(`expected an image of ${role}, found none`);
    return { type, value: fromHex(image.digest), version: `${image.version}+0`, signer: fromHex(image.key) };
  };
  const self = component("root", "root-of-trust");
  const { deviceId, layer } = enterRootOfTrust(crypto, importDeviceSecret(crypto, secret), {
    component: self,
    securityCounter: 1,
    lifecycle: measuredLifecycle(new LifecycleLog(partition(device, "lifecycle")).read()),
    authorities: keys.root.trusted.map(({ keyHash }) => keyHash),
  });
  const log = new MeasurementLog();
  log.append(self);
  log.append(component("runtime", "runtime"));
  log.close();
  layer.sealingSecret(RUNTIME_DATA);
  const operational = layer.signingKey(`Operational Key ${toHex(crypto.sha256(log.encoded()))}`);
  const guarded = new Map([
    ["layer key", layer.key.publicKey],
    ["evidence key", layer.signingKey("Evidence Key").publicKey],
    ["operational key", operational.publicKey],
  ]);
  return { secrets, deviceId, guarded };
}

function partition(device: UpdateDevice, name: string): MemoryFlash {
  const options = { blockLength: device.board.flash[0]?.sectorByteLength ?? 0, writeAlign: 4, name } as const;
  return new MemoryFlash(Uint8Array.from(device.read(name)), options);
}

/** Names of the secrets of which half or more is in `bytes`. */
export function leaksIn(bytes: Uint8Array, secrets: ReadonlyMap<string, Uint8Array>): string[] {
  const text = Buffer.from(bytes);
  return [...secrets]
    .filter(([, secret]) => [0, 16].some((at) => text.includes(Buffer.from(secret.subarray(at, at + 16)))))
    .map(([name]) => name);
}

/** Tells every secret that is taken in or derived. */
class NotingCrypto extends FirstStageCrypto {
  readonly #note: (name: string, bytes: Uint8Array) => void;

  constructor(note: (name: string, bytes: Uint8Array) => void) {
    super({
      ...hostIdentityPrimitives,
      p256PublicKey(privateKey: Uint8Array): Uint8Array {
        note("private key", privateKey);
        return hostIdentityPrimitives.p256PublicKey(privateKey);
      },
    });
    this.#note = note;
  }

  override importSecret(bytes: Uint8Array): Secret {
    this.#note("secret", bytes);
    return super.importSecret(bytes);
  }

  override deriveSecret(secret: Secret, salt: Uint8Array, info: Uint8Array): Secret {
    return this.importSecret(this.moveOut(super.deriveSecret(secret, salt, info)));
  }
}
