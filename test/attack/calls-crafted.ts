/** Requests that an attacker with full control of the runtime would craft, for every call of the table. */

import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { CborMap } from "../../protocol/cbor/values.ts";
import { ROOT_CALLS, type RootCallName } from "../../protocol/root-calls/calls.ts";
import type { Field } from "../../protocol/root-calls/fields.ts";

/** A request and the bytes in it that the attacker wants to see signed. */
export interface CraftedRequest {
  readonly name: RootCallName;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Calls whose replies hold what the attacker chose, or a function of it. */
const ENDING: readonly RootCallName[] = ["reset", "powerOff"];

/** Every edge of every field, with each of `payloads` where bytes of that length fit. */
export function craftedRequests(payloads: readonly Uint8Array[]): CraftedRequest[] {
  const requests: CraftedRequest[] = [];
  for (const name of Object.keys(ROOT_CALLS) as RootCallName[]) {
    if (ENDING.includes(name)) continue;
    const { number, request } = ROOT_CALLS[name];
    let partial: Uint8Array[] = [new Uint8Array(0)];
    for (const field of Object.values(request) as Field[]) {
      const edges = edgesOf(field, payloads);
      partial = partial.flatMap((head) => edges.map((tail) => Uint8Array.from([...head, ...tail])));
    }
    for (const bytes of partial) {
      requests.push({ name, number, bytes }, { name, number, bytes: Uint8Array.from([...bytes, 0]) });
      if (bytes.length > 0) requests.push({ name, number, bytes: bytes.slice(0, -1) });
    }
  }
  return requests;
}

function edgesOf(field: Field, payloads: readonly Uint8Array[]): Uint8Array[] {
  switch (field.kind) {
    case "u8":
      return [field.least, field.most, field.most + 1, 0xff].map((value) => Uint8Array.of(value));
    case "choice":
      return [0, ...field.names.map((_, index) => index + 1), field.names.length + 1, 0xff].map((value) =>
        Uint8Array.of(value),
      );
    case "u32":
      return [0, field.least, 1, field.most, field.most + 1, 0x7fffffff, 0x80000000, 0xffffffff].map(littleEndian);
    case "bytes":
      return payloads.filter(({ length }) => length === field.byteLength);
    case "rest": {
      const fitting = payloads.filter(({ length }) => length >= field.least && length <= field.most);
      return [...fitting, new Uint8Array(field.least)];
    }
  }
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
  return bytes;
}

/** What COSE signs (RFC 9052, section 4.4), for a payload of the attacker's own. */
export function signatureStructure(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(["Signature1", protectedHeader, new Uint8Array(0), payload]);
}

/** Protected header with ES256 alone, as certificates have it. */
export const ES256_HEADER: Uint8Array = encodeCbor(new CborMap([[1, -7]]));
