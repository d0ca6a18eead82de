/** Runs the test vectors in the storage partition through this board's identity code, then says what its steps cost. */
import { write } from "native:console";
import { powerOff } from "native:cpu";
import { read } from "native:memory";
import config from "mc/config";
import { measureCosts } from "./costs.ts";
import { RECORD_HEAD_BYTE_LENGTH, RECORD_KINDS, RECORDS_END } from "./records.ts";
import { TRIALS } from "./trials.ts";

const LENGTH_BYTE_LENGTH = 2;

/** Called once by C. */
export default function main(): void {
  try {
    const { storage } = config.board.partitions;
    if (storage === undefined) throw new RangeError("expected a storage partition, found none");
    runRecords(storage.base);
    measureCosts((name, count) => write(`cost ${name}=${count}\r\n`));
  } catch (error) {
    const { name, message } = error as Error;
    write(`test fail program ${name}: ${message}\r\n`);
  }
  write("test done\r\n");
  powerOff(0);
}

function runRecords(base: number): void {
  const counts = RECORD_KINDS.map(() => 0);
  let address = base;
  for (let index = 0; ; index++) {
    const head = new Uint8Array(read(address, RECORD_HEAD_BYTE_LENGTH));
    const number = head[0] as number;
    const kind = RECORD_KINDS[number];
    if (number === RECORDS_END || kind === undefined) break;
    address += RECORD_HEAD_BYTE_LENGTH;
    const fields: Uint8Array[] = [];
    for (let field = 0; field < (head[1] as number); field++) {
      const length = new Uint8Array(read(address, LENGTH_BYTE_LENGTH));
      const byteLength = (length[0] as number) | ((length[1] as number) << 8);
      fields.push(new Uint8Array(read(address + LENGTH_BYTE_LENGTH, byteLength)));
      address += LENGTH_BYTE_LENGTH + byteLength;
    }
    if (!TRIALS[kind](fields)) write(`test fail ${kind} record=${index}\r\n`);
    counts[number] = (counts[number] as number) + 1;
  }
  RECORD_KINDS.forEach((kind, number) => {
    write(`test pass ${kind} count=${counts[number]}\r\n`);
  });
}
