/** Checks of constructor options and arguments, shared by the drivers so that every message has one shape. */

/** An integer from `minimum` to `maximum`, or RangeError (TypeError for what is no number). `where` names it, as "PL011: baud". */
export function checkInteger(value: unknown, minimum: number, maximum: number, where: string): number {
  if (typeof value !== "number") throw new TypeError(`${where}: expected a number, found ${typeof value}`);
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${where}: expected an integer from ${minimum} to ${maximum}, found ${value}`);
  }
  return value;
}

/** A function or undefined, or TypeError. */
export function checkCallback(value: unknown, where: string): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${where}: expected a function, found ${typeof value}`);
  }
}

/** An object that has every named method, or TypeError. */
export function checkObject(value: unknown, methods: readonly string[], where: string): void {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${where}: expected an object, found ${typeof value}`);
  for (const method of methods) {
    if (typeof (value as Record<string, unknown>)[method] !== "function") {
      throw new TypeError(`${where}: expected an object with ${method}(), found one without`);
    }
  }
}

/** A register window. */
export function checkRegisters(value: unknown, where: string): void {
  checkObject(value, ["read8", "read16", "read32", "write8", "write16", "write32"], `${where}: registers`);
}

/** An interrupt line. */
export function checkInterruptLine(value: unknown, where: string): void {
  checkObject(value, ["attach", "enable", "disable", "detach"], `${where}: interrupt`);
}

/** A monotonic clock. */
export function checkClock(value: unknown, where: string): void {
  checkObject(value, ["count"], `${where}: clock`);
  checkInteger((value as { frequency?: unknown }).frequency, 1, 0xffff_ffff, `${where}: clock.frequency`);
}

/** A non-negative integer as 0x and hexadecimal digits, for messages. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
