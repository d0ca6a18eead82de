/** The root of trust as the runtime sees it: one method a call, typed by the table of calls. Design note 0015. */
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import type { CborValue } from "../../protocol/cbor/values.ts";
import { componentOf, type SoftwareComponent } from "../../protocol/eat/software-component.ts";
import {
  CHUNK_BYTE_LIMIT,
  RANDOM_BYTE_LIMIT,
  type ReplyOf,
  type RequestOf,
  ROOT_CALLS,
  type RootCallName,
} from "../../protocol/root-calls/calls.ts";
import { decodeMessage, encodeMessage, isFault } from "../../protocol/root-calls/codec.ts";
import { type Fields, type Message, mostBytesOf } from "../../protocol/root-calls/fields.ts";
import { decodeRootState, type RootState } from "../../protocol/root-calls/state.ts";
import { DETAIL_LIMIT, statusOf } from "../../protocol/root-calls/status.ts";
import { RootCallError } from "./root-call-error.ts";

/** Makes one call: `call` of `native:root`, or a root of trust on Node. Returns the status, and the reply's length from bit 16 up. */
export type RootCall = (number: number, request: Uint8Array, reply: Uint8Array) => number;

/** Who the device is. */
export interface RootIdentity {
  /** 32 bytes. */
  readonly deviceId: Uint8Array;
  /** 65 bytes, `04 || x || y`. */
  readonly identityKey: Uint8Array;
  /** From the identity key to the evidence key. */
  readonly certificates: readonly Uint8Array[];
}

/** A record of the crash log. */
export type RootLogRecord = ReplyOf<"logRead">;

/** Every method throws {@link RootCallError}; RangeError for an argument that no request can hold. */
export class RootOfTrust {
  readonly #call: RootCall;

  constructor(call: RootCall) {
    this.#call = call;
  }

  identity(): RootIdentity {
    const { deviceId, identityKey, certificates } = this.#invoke("identity", {});
    return { deviceId, identityKey, certificates: decodeCbor(certificates) as readonly Uint8Array[] };
  }

  /** Evidence for a nonce of 32, 48 or 64 bytes. */
  attest(nonce: Uint8Array): Uint8Array {
    return this.#invoke("attest", { nonce }).evidence;
  }

  /** The public half of the key that {@link signOperational} signs with, 65 bytes. */
  operationalKey(): Uint8Array {
    return this.#invoke("operationalKey", {}).publicKey;
  }

  /** ES256 over a digest of 32 bytes: 64 bytes. */
  signOperational(digest: Uint8Array): Uint8Array {
    return this.#invoke("signOperational", { digest }).signature;
  }

  /** Encrypts up to 1,024 bytes for this device. */
  seal(plain: Uint8Array): Uint8Array {
    return this.#invoke("seal", { plain }).sealed;
  }

  unseal(sealed: Uint8Array): Uint8Array {
    return this.#invoke("unseal", { sealed }).plain;
  }

  /** Erases the slot of an image that does not run. @returns the offset that is due */
  updateBegin(image: number, byteLength: number): number {
    return this.#invoke("updateBegin", { image, byteLength }).nextOffset;
  }

  /**
   * Hands over bytes of the image, as many as one call takes.
   * @returns the offset that is due next: the sender goes on from there, whatever it thinks it has sent
   */
  updateWrite(offset: number, data: Uint8Array): number {
    return this.#invoke("updateWrite", { offset, data: data.subarray(0, CHUNK_BYTE_LIMIT) }).nextOffset;
  }

  /** Has the image verified; it is tested at the next boot. */
  updateFinish(): void {
    this.#invoke("updateFinish", {});
  }

  /** Prefers a confirmed slot from the next boot on. */
  select(image: number, slot: "a" | "b"): void {
    this.#invoke("select", { image, slot });
  }

  /** Confirms what runs. */
  confirm(): void {
    this.#invoke("confirm", {});
  }

  state(): RootState {
    return decodeRootState(this.#invoke("state", {}).state);
  }

  /** What was started at this boot, the root of trust first. */
  measurements(): readonly SoftwareComponent[] {
    const items = decodeCbor(this.#invoke("measurements", {}).components);
    return (items as readonly CborValue[]).map(componentOf);
  }

  /** @param report see `protocol/failure` @returns the sequence of its record */
  logAppend(report: Uint8Array): number {
    return this.#invoke("logAppend", { report }).sequence;
  }

  /** The first record after a sequence that was not delivered yet. */
  logRead(after: number): RootLogRecord | undefined {
    try {
      return this.#invoke("logRead", { after });
    } catch (error) {
      if (error instanceof RootCallError && error.code === "record-none") return undefined;
      throw error;
    }
  }

  logAcknowledge(through: number): void {
    this.#invoke("logAcknowledge", { through });
  }

  /** Fills all of `destination`, however long. */
  random(destination: Uint8Array): void {
    for (let offset = 0; offset < destination.length; offset += RANDOM_BYTE_LIMIT) {
      const byteLength = Math.min(destination.length - offset, RANDOM_BYTE_LIMIT);
      const { bytes } = this.#invoke("random", { byteLength });
      destination.set(bytes, offset);
      bytes.fill(0);
    }
  }

  /** Keeps the watchdog quiet for so many milliseconds, 1,000 to 120,000. */
  feedWatchdog(milliseconds: number): void {
    this.#invoke("feedWatchdog", { milliseconds });
  }

  /** Resets the device; does not return on a board. */
  reset(reason: RequestOf<"reset">["reason"]): void {
    this.#invoke("reset", { reason });
  }

  /** Switches the device off; does not return on a board. */
  powerOff(code: number): void {
    this.#invoke("powerOff", { code });
  }

  applyCapability(capability: Uint8Array): void {
    this.#invoke("applyCapability", { capability });
  }

  #invoke<Name extends RootCallName>(name: Name, request: RequestOf<Name>): ReplyOf<Name> {
    const shape = ROOT_CALLS[name];
    const encoded = encodeMessage<Fields>(shape.request, request as Message<Fields>);
    const reply = new Uint8Array(Math.max(mostBytesOf(shape.reply), DETAIL_LIMIT));
    const answer = this.#call(shape.number, encoded, reply);
    const status = statusOf(answer & 0xff);
    const found = reply.subarray(0, answer >>> 16);
    if (status !== "ok") throw new RootCallError(name, status, textOf(found));
    const decoded = decodeMessage<Fields>(shape.reply, found);
    if (isFault(decoded)) throw new RootCallError(name, "internal", `reply: ${decoded.field}`);
    return decoded as ReplyOf<Name>;
  }
}

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 1) text += String.fromCharCode(bytes[index] as number);
  return text;
}
