/** A program of a few instructions for each emulated board: prints a text, echoes its console, powers off at `q`. */
import type { Board } from "../../host-tools/build/board.ts";

/** A32: PL011 at 09000000; power-off by pin 0 of the secure PL061 at 090b0000. */
const ARM = [
  0xe3a00409, // mov r0, #0x09000000
  0xe3a04030,
  0xe1a04204,
  0xe3844001, // r4 = 0x301: UART, transmitter, receiver on
  0xe5804030, // str r4, [r0, #0x30]
  0xe28f1044, // adr r1, text
  0xe4d12001,
  0xe3520000,
  0x15c02000,
  0x1afffffb, // print until a zero byte
  0xe5902018,
  0xe3120010,
  0x1afffffc, // wait until the receiver holds a byte
  0xe5902000,
  0xe5c02000,
  0xe3520071,
  0x1afffff8, // echo it, go on unless it is 'q'
  0xe3a00409,
  0xe280080b,
  0xe3a01003,
  0xe5801400,
  0xe3a01001,
  0xe5801004, // power off
  0xeafffffe, // b .
];

/** RV32I: NS16550 at 10000000; power-off by 5555 to the test device at 00100000. */
const RISCV = [
  0x100002b7, // lui t0, 0x10000
  0x00000317,
  0x05830313, // t1 = text
  0x00034383,
  0x00038e63, // take a byte, go on at zero
  // Wait until the transmitter is empty: a byte written too early is lost, as on a real part.
  0x0052ce83,
  0x020efe93,
  0xfe0e8ce3,
  0x00728023,
  0x00130313,
  0xfe5ff06f, // print it, next
  0x0052c383,
  0x0013f393,
  0xfe038ce3, // wait until the receiver holds a byte
  0x0002c383,
  0x00728023,
  0x07100e13,
  0xffc394e3, // echo it, go on unless it is 'q'
  0x001002b7,
  0x00005337,
  0x55530313,
  0x0062a023, // power off
  0x0000006f, // j .
];

/** The program with `text` to print first, for the board's boot partition. */
export function echoGuest(board: Board, text: string): Uint8Array {
  const words = board.cpu.arch === "armv7-a" ? ARM : RISCV;
  const code = new Uint8Array(new Uint32Array(words).buffer);
  return Buffer.concat([code, Buffer.from(`${text}\0`)]);
}
