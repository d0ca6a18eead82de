/** Checks of fields that come from outside: each returns the value as the type that it must have. */
import { CborMap, type CborValue } from "../cbor/values.ts";
import { FailureError } from "./errors.ts";

/** Most characters of a name. */
export const TEXT_LIMIT = 48;

/** Tells whether a text is a name: 1 to 48 printable ASCII characters. */
export function isShortText(text: string): boolean {
  if (text.length < 1 || text.length > TEXT_LIMIT) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** @throws FailureError `field-missing`, `field-type`, `field-value` */
export function asText(item: CborValue | undefined, field: string): string {
  if (typeof item !== "string") throw wrongType(item, "text", field);
  if (isShortText(item)) return item;
  throw new FailureError("field-value", "1 to 48 printable characters", "another text", field);
}

/** @throws FailureError `field-missing`, `field-type`, `field-value` */
export function asNumber(item: CborValue | undefined, least: number, most: number, field: string): number {
  if (typeof item !== "number") throw wrongType(item, "a number", field);
  if (item >= least && item <= most) return item;
  throw new FailureError("field-value", `${least} to ${most}`, `${item}`, field);
}

/** @throws FailureError `field-missing`, `field-type`, `field-value` */
export function asBytes(item: CborValue | undefined, least: number, most: number, field: string): Uint8Array {
  if (!(item instanceof Uint8Array)) throw wrongType(item, "bytes", field);
  if (item.length >= least && item.length <= most) return item;
  throw new FailureError("field-value", `${least} to ${most} bytes`, `${item.length}`, field);
}

/** @throws FailureError `field-missing`, `field-type` */
export function asArray(item: CborValue | undefined, field: string): readonly CborValue[] {
  if (Array.isArray(item)) return item as readonly CborValue[];
  throw wrongType(item, "an array", field);
}

/** A map with no key above `highest`, nor below 1. @throws FailureError `structure`, `field-unknown` */
export function asMap(item: CborValue, highest: number, field: string): CborMap {
  if (!(item instanceof CborMap)) throw new FailureError("structure", "a map", "something else", field);
  for (const [key] of item.entries) {
    if (typeof key !== "number" || key < 1 || key > highest) {
      throw new FailureError("field-unknown", `keys from 1 to ${highest}`, "another", field);
    }
  }
  return item;
}

function wrongType(item: CborValue | undefined, expected: string, field: string): FailureError {
  return item === undefined
    ? new FailureError("field-missing", expected, "nothing", field)
    : new FailureError("field-type", expected, "another type", field);
}
