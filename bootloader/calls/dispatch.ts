/**
 * Answers the calls of the runtime, which is taken for hostile: a request is decoded strictly, each call does one thing through one
 * narrow service, and whatever happens the caller gets a status. Design note 0015.
 */
import { CborError } from "../../protocol/cbor/errors.ts";
import {
  type ReplyOf,
  type RequestOf,
  ROOT_CALLS,
  type RootCallName,
  rootCallOf,
} from "../../protocol/root-calls/calls.ts";
import { decodeMessage, encodeMessage, isFault } from "../../protocol/root-calls/codec.ts";
import type { Fields, Message } from "../../protocol/root-calls/fields.ts";
import { encodeRootState } from "../../protocol/root-calls/state.ts";
import { type RootCallStatus, statusNumber } from "../../protocol/root-calls/status.ts";
import type { ImageNumber } from "../counters/counter-names.ts";
import type { Sealer } from "../sealing/sealer.ts";
import { refusalOf } from "./call-failure.ts";
import { CallRefusal } from "./call-refusal.ts";
import type { DeviceIdentity } from "./device-identity.ts";
import type { RootServices } from "./services.ts";

/** What the monitor gives back to the caller. */
export interface RootCallAnswer {
  /** 0 to 255; 0 is `ok`. */
  readonly status: number;
  /** The reply of the call, or a detail in ASCII. */
  readonly reply: Uint8Array;
}

type Handlers = {
  readonly [Name in RootCallName]: (request: RequestOf<Name>, services: RootServices) => ReplyOf<Name>;
};

const NOTHING = Object.freeze({});

const HANDLERS: Handlers = Object.freeze({
  identity(_request, services) {
    const identity = requireIdentity(services);
    const { deviceId, identityKey } = identity;
    return { deviceId, identityKey, certificates: identity.certificates() };
  },
  attest({ nonce }, services) {
    return { evidence: requireIdentity(services).attest(nonce) };
  },
  operationalKey(_request, services) {
    return { publicKey: requireIdentity(services).operationalKey() };
  },
  signOperational({ digest }, services) {
    return { signature: requireIdentity(services).signOperational(digest) };
  },
  seal({ plain }, services) {
    return { sealed: requireSealer(services).seal(plain, new Uint8Array(0)) };
  },
  unseal({ sealed }, services) {
    return { plain: requireSealer(services).unseal(sealed, new Uint8Array(0)) };
  },
  updateBegin({ image, byteLength }, { images }) {
    return { nextOffset: images.begin(image as ImageNumber, byteLength) };
  },
  updateWrite({ offset, data }, { images }) {
    return { nextOffset: images.write(offset, data) };
  },
  updateFinish(_request, { images }) {
    images.finish();
    return NOTHING;
  },
  select({ image, slot }, { images }) {
    images.select(image as ImageNumber, slot);
    return NOTHING;
  },
  confirm(_request, { images }) {
    images.confirm();
    return NOTHING;
  },
  state(_request, { lifecycle, crashLog, images, uptime }) {
    const state = encodeRootState({
      lifecycle: lifecycle.lifecycle,
      isDebug: lifecycle.isDebug,
      bootCount: crashLog.bootCount,
      resetReason: crashLog.lastReset,
      uptime: uptime(),
      images: images.describe(),
    });
    return { state };
  },
  measurements(_request, { measurements }) {
    return { components: measurements.encoded() };
  },
  logAppend({ report }, { crashLog }) {
    try {
      return { sequence: crashLog.append(report) };
    } catch (error) {
      // Elsewhere CBOR is ours, and its refusal a mistake.
      throw error instanceof CborError ? new CallRefusal("record-refused", error.code) : error;
    }
  },
  logRead({ after }, { crashLog }) {
    const found = crashLog.read(after);
    if (found === undefined) throw new CallRefusal("record-none");
    return found;
  },
  logAcknowledge({ through }, { crashLog }) {
    crashLog.acknowledge(through);
    return NOTHING;
  },
  random({ byteLength }, { random }) {
    const bytes = new Uint8Array(byteLength);
    random.fill(bytes);
    return { bytes };
  },
  feedWatchdog({ milliseconds }, { images, watchdog }) {
    const left = images.timeToConfirm();
    if (left <= 0) throw new CallRefusal("confirm-overdue");
    watchdog.arm(Math.min(milliseconds, left));
    return NOTHING;
  },
  reset({ reason }, { power }) {
    power.reset(reason);
    return NOTHING;
  },
  powerOff({ code }, { power }) {
    power.powerOff(code);
    return NOTHING;
  },
  applyCapability({ capability }, { lifecycle, identity }) {
    lifecycle.applyCapability(capability);
    // Evidence of this boot must say from now on what a file for this boot has opened.
    if (lifecycle.isDebug) identity?.claimDebug();
    return NOTHING;
  },
});

/**
 * Answers one call. Nothing is thrown.
 * @param number as the caller gave it
 * @param request the root of trust's own copy, which nobody else changes from now on
 */
export function dispatch(number: number, request: Uint8Array, services: RootServices): RootCallAnswer {
  const name = rootCallOf(number);
  if (name === undefined) return answer("call-unknown");
  try {
    return { status: 0, reply: call(name, request, services) };
  } catch (error) {
    return failed(name, error, services);
  }
}

function call<Name extends RootCallName>(name: Name, request: Uint8Array, services: RootServices): Uint8Array {
  const { request: requestShape, reply: replyShape } = ROOT_CALLS[name];
  const decoded = decodeMessage<Fields>(requestShape, request);
  if (isFault(decoded)) throw new CallRefusal(decoded.fault, decoded.field);
  const handler = HANDLERS[name] as (request: Message<Fields>, services: RootServices) => Message<Fields>;
  return encodeMessage<Fields>(replyShape, handler(decoded, services));
}

function failed(name: RootCallName, error: unknown, { reportMistake }: RootServices): RootCallAnswer {
  const refusal = refusalOf(error);
  if (refusal !== undefined) return answer(refusal.status, refusal.message);
  try {
    reportMistake(name, error);
  } catch {
    // The report is for people; the caller must have its answer.
  }
  return answer("internal");
}

function answer(status: RootCallStatus, detail = ""): RootCallAnswer {
  const reply = new Uint8Array(detail.length);
  for (let index = 0; index < detail.length; index += 1) reply[index] = detail.charCodeAt(index);
  return { status: statusNumber(status), reply };
}

function requireIdentity({ identity }: RootServices): DeviceIdentity {
  if (identity === undefined) throw new CallRefusal("identity-missing");
  return identity;
}

function requireSealer({ sealer }: RootServices): Sealer {
  if (sealer === undefined) throw new CallRefusal("identity-missing");
  return sealer;
}
