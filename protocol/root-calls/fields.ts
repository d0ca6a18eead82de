/** What requests and replies of root-of-trust calls are made of, and the TypeScript types that follow from it. */

/** A number, little endian; one that is out of its range is refused. */
export interface NumberField {
  readonly kind: "u8" | "u32";
  readonly least: number;
  readonly most: number;
}

/** One of some names, as a byte that counts them from 1: memory that was never written names nothing. */
export interface ChoiceField<Name extends string = string> {
  readonly kind: "choice";
  readonly names: readonly Name[];
}

/** Exactly so many bytes. */
export interface BytesField {
  readonly kind: "bytes";
  readonly byteLength: number;
}

/** All bytes that are left; the last field of a message. */
export interface RestField {
  readonly kind: "rest";
  readonly least: number;
  readonly most: number;
}

/** One field of a message. */
export type Field = NumberField | ChoiceField | BytesField | RestField;

/** A message: its fields in the order of their bytes, without padding. */
export type Fields = Readonly<Record<string, Field>>;

/** What a field is in TypeScript. */
export type FieldValue<F extends Field> =
  F extends ChoiceField<infer Name> ? Name : F extends NumberField ? number : Uint8Array;

/** What a message is in TypeScript. */
export type Message<Shape extends Fields> = { readonly [Name in keyof Shape]: FieldValue<Shape[Name]> };

/** A byte from `least` to `most`. */
export function u8(least = 0, most = 0xff): NumberField {
  return { kind: "u8", least, most };
}

/** A 32-bit number from `least` to `most`. */
export function u32(least = 0, most = 0xffffffff): NumberField {
  return { kind: "u32", least, most };
}

/** One of `names`. */
export function choice<const Name extends string>(...names: readonly Name[]): ChoiceField<Name> {
  return { kind: "choice", names };
}

/** Exactly `byteLength` bytes. */
export function bytes(byteLength: number): BytesField {
  return { kind: "bytes", byteLength };
}

/** The bytes that are left, `least` to `most` of them. */
export function rest(least: number, most: number): RestField {
  return { kind: "rest", least, most };
}

/** The bytes of the longest message. */
export function mostBytesOf(shape: Fields): number {
  let length = 0;
  for (const name of Object.keys(shape)) {
    const field = shape[name] as Field;
    if (field.kind === "rest") length += field.most;
    else length += field.kind === "bytes" ? field.byteLength : field.kind === "u32" ? 4 : 1;
  }
  return length;
}
