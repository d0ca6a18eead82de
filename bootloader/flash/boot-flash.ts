/** A partition of the flash behind the root of trust, erased and programmed by C code that may run from RAM. */
import { erase, program } from "native:flash";
import { read } from "native:memory";
import { type PartitionAccess, type PartitionBounds, PartitionFlash } from "./partition-flash.ts";

const ACCESS: PartitionAccess = Object.freeze({ read, erase, program });

/** One partition that board.json lets this stage read, and write where it says so. */
export class BootFlash extends PartitionFlash {
  constructor(partition: PartitionBounds) {
    super(partition, ACCESS);
  }
}
