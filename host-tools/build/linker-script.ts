/** Generates the linker script of one image from the board description. */

import type { Board, ImageRole } from "./board.ts";
import { BoardError } from "./board-error.ts";
import { hex } from "./board-fields.ts";

/** Runtime slot that an image which runs in place is linked for; of no effect where images are copied. */
export type Slot = "a" | "b";

/** Address of the payload's first byte, behind the MCUboot header. */
export function linkBase(board: Board, role: ImageRole, slot: Slot = "a"): number {
  const layout = board.roles[role];
  return imageRegion(board, role, slot).base + layout.headerByteLength;
}

function imageRegion(board: Board, role: ImageRole, slot: Slot): { base: number; byteLength: number } {
  const layout = board.roles[role];
  if (role !== "runtime" || layout.execution === "copied") return layout.image;
  const partition = board.partitions.find((each) => each.name === `runtime-${slot}`);
  if (partition === undefined) {
    throw new BoardError(
      "board-missing-field",
      `expected a partition "runtime-${slot}", found none, at board.partitions`,
    );
  }
  return partition;
}

/** The bytes of an image's payload that the linker may fill: region or partition, whichever is smaller, less the header. */
export function payloadByteLength(board: Board, role: ImageRole, slot: Slot = "a"): number {
  const region = imageRegion(board, role, slot);
  return Math.min(region.byteLength, board.budgets[role].flashByteLength) - board.roles[role].headerByteLength;
}

/**
 * The script. Payload order: header and vectors, text, constants, initial data, each part on a page of its own where the
 * board protects by pages; the archive is appended at `_image_end`. RAM order: stack (overflow runs into the guard below),
 * data, thread-local data, bss, arena.
 */
export function linkerScript(board: Board, role: ImageRole, slot: Slot = "a"): string {
  const layout = board.roles[role];
  const page = hex(Math.max(board.cpu.pageByteLength, 16));
  const imageLength = payloadByteLength(board, role, slot);
  const ram = layout.ram;
  // A boot image begins with the reset vector, a runtime image with the header that the boot stage reads.
  const first = role === "boot" ? ["*(.hf_vectors)", "*(.hf_header)"] : ["*(.hf_header)", "*(.hf_vectors)"];
  return `/* Generated from hal/boards/${board.name}/board.json for role ${role}: do not edit. */
ENTRY(hf_reset)
MEMORY {
  image (rx) : ORIGIN = ${hex(linkBase(board, role, slot))}, LENGTH = ${hex(imageLength)}
  ram (rw) : ORIGIN = ${hex(ram.base)}, LENGTH = ${hex(ram.byteLength)}
}
PHDRS {
  text PT_LOAD FLAGS(5);
  rodata PT_LOAD FLAGS(4);
  data PT_LOAD FLAGS(6);
  bss PT_LOAD FLAGS(6);
  tls PT_TLS FLAGS(6);
}
SECTIONS {
  _image_start = ORIGIN(image);
  .text ORIGIN(image) : {
    _text_start = .;
    KEEP(${first[0]})
    KEEP(${first[1]})
    *(.text .text.*)
    . = ALIGN(${page});
    _etext = .;
  } >image :text
  .rodata : ALIGN(${page}) {
    _rodata_start = .;
    *(.rodata .rodata.* .srodata .srodata.*)
    . = ALIGN(4);
    __exidx_start = .;
    *(.ARM.exidx* .ARM.extab*)
    __exidx_end = .;
    . = ALIGN(16);
    _rodata_end = .;
  } >image :rodata
  .stack ORIGIN(ram) (NOLOAD) : {
    _stack_bottom = .;
    . += ${hex(layout.stackByteLength)};
    _stack_top = .;
  } >ram :NONE
  .data : ALIGN(16) {
    _data_start = .;
    *(.data .data.*)
    . = ALIGN(8);
    PROVIDE(__global_pointer$ = . + 0x800);
    *(.sdata .sdata.*)
    . = ALIGN(16);
  } >ram AT>image :data
  _data_load = LOADADDR(.data);
  .tdata : ALIGN(16) {
    __tls_base = .;
    *(.tdata .tdata.*)
    . = ALIGN(16);
    _data_end = .;
  } >ram AT>image :data :tls
  .tbss (NOLOAD) : { *(.tbss .tbss.*) *(.tcommon) . = ALIGN(16); } >ram :data :tls
  .tbss_space (NOLOAD) : { _bss_start = .; . += SIZEOF(.tbss); } >ram AT>ram :bss
  .bss (NOLOAD) : ALIGN(16) {
    *(.sbss .sbss.* .bss .bss.* COMMON)
    . = ALIGN(16);
    _bss_end = .;
  } >ram AT>ram :bss
  _arena_start = _bss_end;
  _arena_end = ORIGIN(ram) + LENGTH(ram);
  _image_end = ALIGN(_data_load + (_data_end - _data_start), 16);
  _image_byte_length = _image_end - _image_start;
  _image_limit = ORIGIN(image) + LENGTH(image);
  _ram_used = _bss_end - ORIGIN(ram);
  PROVIDE(_archive_byte_length = 0);
  ASSERT(_image_end <= _image_limit, "${role} image of ${board.name}: expected at most ${imageLength} bytes in the image region")
  ASSERT(_bss_end <= _arena_end, "${role} image of ${board.name}: expected stack, data and bss within ${ram.byteLength} bytes of ${ram.name}")
  /DISCARD/ : { *(.note.*) *(.comment) *(.eh_frame*) *(.init_array* .fini_array* .init .fini) }
}
`;
}
