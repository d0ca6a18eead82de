/** Leaves out of the engine what the byte code of a closed root never asks for: operations, and whole functions. */
import { BuildError } from "./build-error.ts";

/** Operations that the engine runs by itself: the body of a function without code (gxNoCode in xsAPI.c). */
const ENGINE_OPERATIONS: readonly string[] = ["XS_NO_CODE", "XS_CODE_BEGIN_STRICT", "XS_CODE_END"];
const TABLE = /(gxBytes\[\] = \{\n)((?:\t*&&XS_\w+,\n)+)(\t*\};)/;
const IDLE_OPERATION = /mxCase\(XS_NO_CODE\)\s*mxBreak;/;

/**
 * The interpreter's source (xsRun.c) with all unused operations leading to a TypeError. Their code has no other way in, so
 * the compiler drops it.
 *
 * @param operations numbers of the operations that stay
 * @throws BuildError freeze-refused when the source is not the one that this knows
 */
export function closedInterpreter(source: string, operations: ReadonlySet<number>): string {
  const table = TABLE.exec(source);
  if (table === null || !IDLE_OPERATION.test(source))
    throw new BuildError("freeze-refused", "xsRun.c: expected the table gxBytes and the operation XS_NO_CODE");
  const [whole, start = "", rows = "", end = ""] = table;
  const names = [...rows.matchAll(/&&(XS_\w+),/g)].map((match) => match[1] ?? "");
  const unknown = [...operations].find((operation) => operation >= names.length);
  if (unknown !== undefined)
    throw new BuildError("freeze-refused", `xsRun.c: expected operation ${unknown} in a table of ${names.length}`);
  const kept = names.map((name, operation) =>
    operations.has(operation) || ENGINE_OPERATIONS.includes(name) ? name : "XS_NO_CODE",
  );
  const body = kept.map((name) => `\t\t&&${name},\n`).join("");
  return source
    .replace(whole, () => `${start}${body}${end}`)
    .replace(IDLE_OPERATION, 'mxCase(XS_NO_CODE)\n\t\t\tmxRunDebug(XS_TYPE_ERROR, "not in this machine");');
}

/** What a closed root leaves out beyond what nothing refers to. */
export interface ClosedFeatures {
  /** Numbers become texts, and texts numbers, for whole numbers alone. */
  readonly wholeNumbers: boolean;
  /** Nothing makes a Proxy. */
  readonly noProxy: boolean;
}

const WHOLE_NUMBERS: Readonly<Record<string, string>> = {
  fxNew_dtoa: "hf_closed_new_dtoa",
  fxDelete_dtoa: "hf_closed_delete_dtoa",
  fxNumberToString: "hf_closed_number_to_string",
  fxStringToNumber: "hf_closed_string_to_number",
  fx_Number_prototype_toString: "hf_closed_number_prototype_to_string",
  fx_pow: "hf_closed_pow",
};
const NO_PROXY: Readonly<Record<string, string>> = { fxRunProxy: "hf_not_in_this_machine" };

/** Functions of the engine and what stands in for each; the linker takes the latter, and drops what only the former needs. */
export function closedFunctions({ wholeNumbers, noProxy }: ClosedFeatures): Readonly<Record<string, string>> {
  return { ...(wholeNumbers ? WHOLE_NUMBERS : {}), ...(noProxy ? NO_PROXY : {}) };
}
