/** The DICE inputs of our layers (docs/design/0011-identity.md): ours where the profile leaves them to implementations. */
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { compareKeys } from "../../protocol/cbor/keys.ts";
import { CborMap } from "../../protocol/cbor/values.ts";
import { type DiceInputs, INPUT_BYTE_LENGTH, type Sha512 } from "../../protocol/dice/inputs.ts";
import { diceModeOf, lifecycleValue, type SecurityLifecycle } from "../../protocol/eat/lifecycle.ts";
import { componentMap, type SoftwareComponent } from "../../protocol/eat/software-component.ts";

/** Labels of configuration descriptors that the Android profile for DICE uses, with its meanings. */
const COMPONENT_NAME = -70002;
const SECURITY_VERSION = -70005;
/** The lifecycle, under its number in evidence. */
const LIFECYCLE = 2395;

/** What is measured when one stage starts the next. */
export interface LayerMeasurement {
  readonly component: SoftwareComponent;
  /** The image's SEC_CNT. */
  readonly securityCounter: number;
  readonly lifecycle: SecurityLifecycle;
  /** SHA-256 of the SubjectPublicKeyInfo of every key that may ever sign this stage, 32 bytes each, in any order. */
  readonly authorities: readonly Uint8Array[];
}

/**
 * The inputs of a layer: code is the SHA-512 of the component, configuration the SHA-512 of a descriptor, authority the SHA-512 of
 * the sorted key hashes, hidden zeros.
 * @throws EvidenceError `claim-value` for a component that evidence could not hold.
 */
export function layerInputs(measurement: LayerMeasurement, sha512: Sha512): DiceInputs {
  const codeDescriptor = encodeCbor(componentMap(measurement.component));
  const descriptor = encodeCbor(
    new CborMap([
      [COMPONENT_NAME, measurement.component.type],
      [SECURITY_VERSION, measurement.securityCounter],
      [LIFECYCLE, lifecycleValue(measurement.lifecycle)],
    ]),
  );
  // Sorted, so that the order in which keys are listed in a build does not change every sealed secret.
  const authorities = [...measurement.authorities].sort(compareKeys);
  return {
    codeHash: sha512(codeDescriptor),
    codeDescriptor,
    configuration: { kind: "descriptor", descriptor },
    authorityHash: sha512(encodeCbor(authorities)),
    mode: diceModeOf(measurement.lifecycle),
    hidden: new Uint8Array(INPUT_BYTE_LENGTH),
  };
}
