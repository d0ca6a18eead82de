/** Every call of the root of trust that returns, once, as the runtime's own client makes it. */
import { read } from "native:memory";
import config from "mc/config";
import type { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";
import { encodeFailureReport } from "../../../protocol/failure/report.ts";
import type { RootCallName } from "../../../protocol/root-calls/calls.ts";

/** Bytes that are sealed and drawn. */
const SEALED = 64;
const DRAWN = 64;
const RUNTIME = 1;
const FEED_MILLISECONDS = 60_000;
const LENGTH_BYTES = 4;

/** A call that returns. What `prepare` does is not counted. */
export type MeasuredCall = readonly [
  name: Exclude<RootCallName, "reset" | "powerOff">,
  action: () => unknown,
  prepare?: () => void,
];

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** The files that the host laid into this board's storage one behind the other, each after its length. */
function storedFiles(): readonly [image: Uint8Array, capability: Uint8Array] {
  let position = config.board.partitions.storage?.base ?? 0;
  const next = (): Uint8Array => {
    const [byteLength = 0] = new Uint32Array(read(position, LENGTH_BYTES));
    const bytes = new Uint8Array(read(position + LENGTH_BYTES, byteLength));
    position += LENGTH_BYTES + ((byteLength + 3) & ~3);
    return bytes;
  };
  return [next(), next()];
}

/** In the order of the calls' numbers, as far as one needs another. */
export function measuredCalls(root: RootOfTrust): readonly MeasuredCall[] {
  const [image, capability] = storedFiles();
  const digest = filled(32, 1);
  const plain = filled(SEALED, 1);
  const report = encodeFailureReport({
    component: new Uint8Array(16),
    image: new Uint8Array(32),
    build: new Uint8Array(0),
    cause: { kind: "exit", code: 1 },
    heap: undefined,
    log: [],
  });
  let sealed = new Uint8Array(0);
  let offset = 0;
  const writeRest = (): void => {
    while (offset < image.length) offset = root.updateWrite(offset, image.subarray(offset));
  };
  return [
    ["identity", () => root.identity()],
    ["attest", () => root.attest(digest)],
    ["operationalKey", () => root.operationalKey()],
    ["signOperational", () => root.signOperational(digest)],
    [
      "seal",
      () => {
        sealed = Uint8Array.from(root.seal(plain));
      },
    ],
    ["unseal", () => root.unseal(sealed)],
    ["select", () => root.select(RUNTIME, "a")],
    ["confirm", () => root.confirm()],
    ["state", () => root.state()],
    ["measurements", () => root.measurements()],
    ["logAppend", () => root.logAppend(report)],
    ["logRead", () => root.logRead(0)],
    ["logAcknowledge", () => root.logAcknowledge(1)],
    ["random", () => root.random(new Uint8Array(DRAWN))],
    ["feedWatchdog", () => root.feedWatchdog(FEED_MILLISECONDS)],
    ["updateBegin", () => root.updateBegin(RUNTIME, image.length)],
    [
      "updateWrite",
      () => {
        offset = root.updateWrite(0, image);
      },
    ],
    ["updateFinish", () => root.updateFinish(), writeRest],
    ["applyCapability", () => root.applyCapability(capability)],
  ];
}
