/** The test runtime: attests, presents the capability files that its storage holds, and attests again after each. */

import { write } from "native:console";
import { read } from "native:memory";
import { call } from "native:root";
import config from "mc/config";
import { RootCallError } from "../../../firmware/root-of-trust/root-call-error.ts";
import { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";
import { encodeCbor } from "../../../protocol/cbor/encode.ts";
import { toHex } from "../../../protocol/image/bytes.ts";

const NONCE_BYTE_LENGTH = 32;
/** Where a length is erased flash, files end. */
const NO_FILE = 0xffff;

/** Called once by C. */
export default function main(): void {
  const root = new RootOfTrust(call);
  tell("begin", root, "none");
  const { base } = config.board.partitions.storage ?? { base: 0 };
  for (let offset = base; ; ) {
    const [low = 0, high = 0] = new Uint8Array(read(offset, 2));
    const byteLength = low | (high << 8);
    if (byteLength === NO_FILE) break;
    tell("applied", root, apply(root, new Uint8Array(read(offset + 2, byteLength))));
    offset += 2 + byteLength;
  }
  write("test done\r\n");
}

function apply(root: RootOfTrust, file: Uint8Array): string {
  try {
    root.applyCapability(file);
    return "ok";
  } catch (error) {
    if (error instanceof RootCallError) return `${error.code}/${error.detail}`;
    throw error;
  }
}

/** All that a verifier needs, in one line. */
function tell(when: string, root: RootOfTrust, outcome: string): void {
  const { certificates, identityKey } = root.identity();
  const evidence = root.attest(new Uint8Array(NONCE_BYTE_LENGTH).fill(7));
  const state = root.state();
  const told = [identityKey, root.operationalKey(), encodeCbor(certificates), evidence].map(toHex).join(" ");
  write(`capability ${when} ${outcome} ${state.lifecycle} ${state.isDebug ? "debug" : "closed"} ${told}\r\n`);
}
