/** The inputs that describe a layer (Open Profile for DICE 2.6, "Input Values"), and what of them a certificate shows. */
import { DiceError } from "./errors.ts";

/** Length of the code, configuration, authority and hidden inputs in bytes. */
export const INPUT_BYTE_LENGTH = 64;

/** Modes in the order of their values, 0 to 3 ("Mode Value Details"). */
export const DICE_MODES = Object.freeze(["not-configured", "normal", "debug", "recovery"] as const);

/** What a device allows at this boot: only `normal` is a secured device that runs its usual software. */
export type DiceMode = (typeof DICE_MODES)[number];

/** Configuration: 64 bytes used as they are, or a descriptor of any length whose SHA-512 is the input. */
export type DiceConfiguration =
  | { readonly kind: "inline"; readonly value: Uint8Array }
  | { readonly kind: "descriptor"; readonly descriptor: Uint8Array };

/** Everything that makes a layer what it is. */
export interface DiceInputs {
  /** 64 bytes that stand for the code. */
  readonly codeHash: Uint8Array;
  /** What `codeHash` was computed of, when that is worth showing. */
  readonly codeDescriptor?: Uint8Array;
  readonly configuration: DiceConfiguration;
  /** 64 bytes that stand for all keys that may sign the code, stable over key changes. */
  readonly authorityHash: Uint8Array;
  readonly authorityDescriptor?: Uint8Array;
  readonly mode: DiceMode;
  /** 64 bytes that no certificate shows; zeros when unused. */
  readonly hidden: Uint8Array;
}

/** What a certificate shows of a layer; field by field the OpenDiceInput of the profile. */
export interface CertifiedInputs {
  readonly codeHash: Uint8Array;
  readonly codeDescriptor: Uint8Array | undefined;
  /** SHA-512 of the descriptor; undefined when the configuration is inline. */
  readonly configurationHash: Uint8Array | undefined;
  /** The descriptor, or the 64 bytes of inline configuration. */
  readonly configurationDescriptor: Uint8Array;
  readonly authorityHash: Uint8Array;
  readonly authorityDescriptor: Uint8Array | undefined;
  readonly mode: DiceMode;
}

/** SHA-512: 64 bytes. */
export type Sha512 = (data: Uint8Array) => Uint8Array;

/**
 * Checks the inputs and gives what a certificate shows of them.
 * @throws DiceError `input`.
 */
export function certifiedInputs(inputs: DiceInputs, sha512: Sha512): CertifiedInputs {
  checkInputs(inputs);
  const { configuration } = inputs;
  const isInline = configuration.kind === "inline";
  return {
    codeHash: inputs.codeHash,
    codeDescriptor: inputs.codeDescriptor,
    configurationHash: isInline ? undefined : sha512(configuration.descriptor),
    configurationDescriptor: isInline ? configuration.value : configuration.descriptor,
    authorityHash: inputs.authorityHash,
    authorityDescriptor: inputs.authorityDescriptor,
    mode: inputs.mode,
  };
}

/** The 64 bytes of the configuration input. */
export function configurationInput(certified: CertifiedInputs): Uint8Array {
  return certified.configurationHash ?? certified.configurationDescriptor;
}

/** The value of a mode, 0 to 3. @throws DiceError `input` for a mode that is not in the profile. */
export function modeValue(mode: DiceMode): number {
  const value = DICE_MODES.indexOf(mode);
  if (value < 0) throw new DiceError("input", "a mode of the profile", "another");
  return value;
}

function checkInputs(inputs: DiceInputs): void {
  checkLength("code hash", inputs.codeHash);
  checkLength("authority hash", inputs.authorityHash);
  checkLength("hidden input", inputs.hidden);
  if (inputs.configuration.kind === "inline") checkLength("inline configuration", inputs.configuration.value);
  else checkDescriptor("configuration", inputs.configuration.descriptor);
  checkDescriptor("code", inputs.codeDescriptor);
  checkDescriptor("authority", inputs.authorityDescriptor);
  modeValue(inputs.mode);
}

function checkLength(name: string, value: Uint8Array): void {
  if (value.length !== INPUT_BYTE_LENGTH) {
    throw new DiceError("input", `${name} of ${INPUT_BYTE_LENGTH} bytes`, `${value.length}`);
  }
}

function checkDescriptor(name: string, value: Uint8Array | undefined): void {
  if (value?.length === 0) throw new DiceError("input", `a ${name} descriptor or none`, "an empty one");
}
