/**
 * The calls of the root of trust: one table, from which both sides have their types and codecs. Design note 0015.
 *
 * A call that did something answers `ok` and its reply; any other status comes with a short text, see `status.ts`.
 */
import { CAPABILITY_FILE_LIMIT } from "../capability/file.ts";
import { FAILURE_RECORD_BYTE_LIMIT } from "../failure/record.ts";
import { REPORT_BYTE_LIMIT } from "../failure/report.ts";
import { bytes, choice, type Fields, type Message, rest, u8, u32 } from "./fields.ts";

/** Longest request and longest reply in bytes; C refuses longer ones before TypeScript wakes. */
export const MESSAGE_BYTE_LIMIT = 4096;
/** Bytes of an image in one `updateWrite`. */
export const CHUNK_BYTE_LIMIT = 2048;
/** Bytes of one `random`. */
export const RANDOM_BYTE_LIMIT = 1024;
/** Bytes of plain text in one `seal`. */
export const PLAIN_BYTE_LIMIT = 1024;
/** What `seal` adds: a version and a nonce of 12 bytes before, a tag of 16 bytes behind. */
export const SEAL_OVERHEAD = 29;
/** How long the watchdog may be kept quiet, in milliseconds. No call switches it off. */
export const WATCHDOG_LEAST = 1000;
export const WATCHDOG_MOST = 120_000;

const image = u8(0, 1);
const slot = choice("a", "b");
const digest = bytes(32);
const publicKey = bytes(65);
const none = {};

/** The numbers of calls are for good: a number is never used again for another call. 0 is none; 0x8000 and up is for C. */
export const ROOT_CALLS = Object.freeze({
  /** Who the device is, and the CBOR array of its certificates, from the identity key to the evidence key. */
  identity: {
    number: 1,
    request: none,
    reply: { deviceId: digest, identityKey: publicKey, certificates: rest(1, 3999) },
  },
  /** Evidence for a nonce of 32, 48 or 64 bytes; it vouches for the operational key. */
  attest: { number: 2, request: { nonce: rest(32, 64) }, reply: { evidence: rest(1, 2048) } },
  /** The key with which the runtime authenticates; another after any change of what is measured. */
  operationalKey: { number: 3, request: none, reply: { publicKey } },
  /** ES256 over a digest, by the operational key. */
  signOperational: { number: 4, request: { digest }, reply: { signature: bytes(64) } },
  /** Encrypts for this device, its authority and its mode; the same plain text never gives the same bytes. */
  seal: {
    number: 5,
    request: { plain: rest(0, PLAIN_BYTE_LIMIT) },
    reply: { sealed: rest(SEAL_OVERHEAD, PLAIN_BYTE_LIMIT + SEAL_OVERHEAD) },
  },
  unseal: {
    number: 6,
    request: { sealed: rest(SEAL_OVERHEAD, PLAIN_BYTE_LIMIT + SEAL_OVERHEAD) },
    reply: { plain: rest(0, PLAIN_BYTE_LIMIT) },
  },
  /** Erases the slot of `image` that does not run, for an image of `byteLength` bytes. */
  updateBegin: { number: 7, request: { image, byteLength: u32() }, reply: { nextOffset: u32() } },
  /** Takes the bytes at `offset`, or none of them if another offset is due: the reply is authoritative. */
  updateWrite: { number: 8, request: { offset: u32(), data: rest(1, CHUNK_BYTE_LIMIT) }, reply: { nextOffset: u32() } },
  /** Verifies the image and asks for its test at the next boot. */
  updateFinish: { number: 9, request: none, reply: none },
  /** Prefers a confirmed slot from the next boot on. */
  select: { number: 10, request: { image, slot }, reply: none },
  /** Confirms all images that run. */
  confirm: { number: 11, request: none, reply: none },
  /** Lifecycle, counters, slots, what runs, why the device was reset: CBOR, see `state.ts`. */
  state: { number: 12, request: none, reply: { state: rest(1, 1024) } },
  /** What was started at this boot: the CBOR of the software components claim. */
  measurements: { number: 13, request: none, reply: { components: rest(1, 2048) } },
  /** Adds a failure report to the crash log, which stamps it; design note 0013. */
  logAppend: { number: 14, request: { report: rest(1, REPORT_BYTE_LIMIT) }, reply: { sequence: u32() } },
  /** The first record not delivered yet whose sequence is higher than `after`; `record-none` when there is none. */
  logRead: {
    number: 15,
    request: { after: u32() },
    reply: { sequence: u32(), repeats: u32(), record: rest(1, FAILURE_RECORD_BYTE_LIMIT) },
  },
  /** Says that the records up to `through` have been delivered. */
  logAcknowledge: { number: 16, request: { through: u32() }, reply: none },
  random: {
    number: 17,
    request: { byteLength: u32(1, RANDOM_BYTE_LIMIT) },
    reply: { bytes: rest(1, RANDOM_BYTE_LIMIT) },
  },
  /** Keeps the watchdog quiet for so many milliseconds from now. */
  feedWatchdog: { number: 18, request: { milliseconds: u32(WATCHDOG_LEAST, WATCHDOG_MOST) }, reply: none },
  /** Resets the device; does not return. */
  reset: { number: 19, request: { reason: choice("requested", "update", "failure") }, reply: none },
  /** Switches the device off; does not return. The code is an emulator's exit code. */
  powerOff: { number: 20, request: { code: u8() }, reply: none },
  /** Verifies a capability file: one to be stored counts from the next boot on, one for this boot at once. */
  applyCapability: { number: 21, request: { capability: rest(1, CAPABILITY_FILE_LIMIT) }, reply: none },
}) satisfies Readonly<Record<string, RootCallShape>>;

/** One row of the table. */
export interface RootCallShape {
  readonly number: number;
  readonly request: Fields;
  readonly reply: Fields;
}

/** The name of a call. */
export type RootCallName = keyof typeof ROOT_CALLS;

/** What the caller of a call passes. */
export type RequestOf<Name extends RootCallName> = Message<(typeof ROOT_CALLS)[Name]["request"]>;

/** What the caller of a call receives with `ok`. */
export type ReplyOf<Name extends RootCallName> = Message<(typeof ROOT_CALLS)[Name]["reply"]>;

/** The call of a number, or undefined. */
export function rootCallOf(number: number): RootCallName | undefined {
  const names = Object.keys(ROOT_CALLS) as RootCallName[];
  return names.find((name) => ROOT_CALLS[name].number === number);
}
