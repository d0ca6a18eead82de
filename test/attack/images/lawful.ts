/** The rules of the format once more, written from formats.md and not from the parser: a judge of what the parser accepts. */

/** How an area's bytes divide; undefined when they do not divide exactly. */
function walk(
  bytes: Uint8Array,
  start: number,
  end: number,
  magic: number,
): [type: number, value: Uint8Array][] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (start + 4 > bytes.length || end > bytes.length) return undefined;
  if (view.getUint16(start, true) !== magic || view.getUint16(start + 2, true) !== end - start) return undefined;
  const tlvs: [number, Uint8Array][] = [];
  let at = start + 4;
  while (at < end) {
    if (at + 4 > end) return undefined;
    const next = at + 4 + view.getUint16(at + 2, true);
    if (next > end) return undefined;
    tlvs.push([view.getUint16(at, true), bytes.subarray(at + 4, next)]);
    at = next;
  }
  return tlvs;
}

/** True when the areas of an image keep every rule of the `holdfast` profile; digest and signatures are not looked at. */
export function isLawful(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const protectedStart = view.getUint16(8, true) + view.getUint32(12, true);
  const signedEnd = protectedStart + view.getUint16(10, true);
  if (signedEnd + 4 > bytes.length) return false;
  const protectedTlvs = walk(bytes, protectedStart, signedEnd, 0x6908);
  const unprotectedTlvs = walk(bytes, signedEnd, signedEnd + view.getUint16(signedEnd + 2, true), 0x6907);
  return (
    protectedTlvs !== undefined &&
    unprotectedTlvs !== undefined &&
    Math.max(protectedTlvs.length, unprotectedTlvs.length) <= 64 &&
    isProtectedLawful(protectedTlvs) &&
    isUnprotectedLawful(unprotectedTlvs)
  );
}

const SIZES: ReadonlyMap<number, number | undefined> = new Map([
  [0x40, 12],
  [0x50, 4],
  [0x60, undefined],
  [0x74, 16],
  [0x75, 16],
]);

function isProtectedLawful(tlvs: readonly [number, Uint8Array][]): boolean {
  const seen = new Set<string>();
  for (const [type, value] of tlvs) {
    const isVendor = type >= 0xa0 && type <= 0xfffe;
    if (!isVendor && !SIZES.has(type)) return false;
    const size = SIZES.get(type);
    if (size !== undefined && value.length !== size) return false;
    const name = type === 0x40 ? `needs ${value[0]}` : `${type}`;
    if (seen.has(name)) return false;
    seen.add(name);
  }
  return [0x50, 0x60, 0x74, 0x75].every((type) => seen.has(`${type}`));
}

function isUnprotectedLawful(tlvs: readonly [number, Uint8Array][]): boolean {
  const text = tlvs.map(([type]) => ({ 16: "d", 1: "k", 34: "s", 36: "s" })[type] ?? "x").join("");
  const hashes = tlvs.filter(([type]) => type === 1).map(([, value]) => Buffer.from(value).toString("hex"));
  const isSized = tlvs.every(([type, value]) => type === 34 || value.length === (type === 36 ? 64 : 32));
  return (
    /^(ks)*d(ks)*$/.test(text) &&
    hashes.length >= 1 &&
    hashes.length <= 4 &&
    new Set(hashes).size === hashes.length &&
    isSized
  );
}
