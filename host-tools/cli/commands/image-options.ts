/** Reads the option values of `holdfast image`. */
import { InvalidArgumentError } from "commander";
import { fromHex } from "../../../protocol/image/bytes.ts";
import { ImageError } from "../../../protocol/image/errors.ts";
import type { ImagePlacement } from "../../../protocol/image/image.ts";
import type { ImageDependency } from "../../../protocol/image/profile.ts";
import type { TlvInput } from "../../../protocol/image/tlv.ts";
import { parseVersion } from "../../../protocol/image/version.ts";
import { CommandError } from "../context.ts";

/** Collects an option that may be repeated. */
export function repeat(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/**
 * Reads a number from 0 to 2^32 - 1, decimal or with 0x.
 * @throws InvalidArgumentError for anything else.
 */
export function parseUnsigned(text: string): number {
  const value = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 0xffffffff)) throw new InvalidArgumentError("expected a number from 0 to 4294967295, or 0x in front.");
  return value;
}

/**
 * Reads `image:version`, such as `1:0.9.0+0`.
 * @throws CommandError `usage`, or ImageError `build-value`.
 */
export function parseDependency(text: string): ImageDependency {
  const match = /^([0-9]{1,3}):(.+)$/.exec(text);
  if (match === null) throw new CommandError("usage", `expected --depends image:version, found '${text}'`);
  return { image: Number(match[1]), minimum: parseVersion(match[2] as string) };
}

/**
 * Reads `type:hex`, such as `0xa1:01020304`.
 * @throws CommandError `usage`.
 */
export function parseVendorTlv(text: string): TlvInput {
  const match = /^(0x[0-9a-f]{1,4}|[0-9]{1,5}):((?:[0-9a-f]{2})*)$/i.exec(text);
  if (match === null) throw new CommandError("usage", `expected --vendor-tlv type:hex, found '${text}'`);
  return { type: Number(match[1]), value: fromHex(match[2] as string) };
}

/**
 * Chooses where an image runs.
 * @throws CommandError `usage` when both addresses are given.
 */
export function placementOf(loadAddress: number | undefined, romAddress: number | undefined): ImagePlacement {
  if (loadAddress !== undefined && romAddress !== undefined) {
    throw new CommandError("usage", "expected --load-address or --rom-address, found both (see --help)");
  }
  if (loadAddress !== undefined) return { kind: "ram", address: loadAddress };
  if (romAddress !== undefined) return { kind: "rom", address: romAddress };
  return { kind: "anywhere" };
}

/** Turns the given refusals (all of them when undefined) into exit code 1; any other error ends as usage. */
export function refusing<Result>(codes: readonly string[] | undefined, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof ImageError && (codes === undefined || codes.includes(error.code))) {
      throw new CommandError(error.code, `${error.code}: ${error.message}`, 1);
    }
    throw error;
  }
}
