/** Generates the linker script of one image from the board description. */

import type { Board, ImageRole, MemoryRegion, Range } from "./board.ts";
import { BoardError } from "./board-error.ts";
import { hex } from "./board-fields.ts";

/** The slot that an image which runs in place is linked for; of no effect where images are copied. */
export type Slot = "a" | "b";

/** Address of the payload's first byte, behind the MCUboot header. */
export function linkBase(board: Board, role: ImageRole, slot: Slot = "a"): number {
  const layout = board.roles[role];
  return imageRegion(board, role, slot).base + layout.headerByteLength;
}

/** Where an image runs: the region it is copied to, or its partition. @throws BoardError when the board has no such slot. */
export function imageRegion(board: Board, role: ImageRole, slot: Slot = "a"): Range {
  const layout = board.roles[role];
  if (role === "rom" || layout.execution === "copied") return layout.image;
  const partition = board.partitions.find((each) => each.name === `${role}-${slot}`);
  if (partition === undefined) {
    throw new BoardError(
      "board-missing-field",
      `expected a partition "${role}-${slot}", found none, at board.partitions`,
    );
  }
  return partition;
}

/** The slots that a role's image is linked for: one program serves both slots where it is copied before it runs. */
export function linkSlots(board: Board, role: ImageRole): readonly Slot[] {
  return role === "rom" || board.roles[role].execution === "copied" ? ["a"] : ["a", "b"];
}

/** The bytes of an image's payload that the linker may fill: region or partition, whichever is smaller, less the header. */
export function payloadByteLength(board: Board, role: ImageRole, slot: Slot = "a"): number {
  const region = imageRegion(board, role, slot);
  return Math.min(region.byteLength, board.budgets[role].flashByteLength) - board.roles[role].headerByteLength;
}

/**
 * The script. Payload order: header and vectors, text, constants, initial data, each part on a page of its own where the
 * board protects by pages; the archive is appended at `_image_end`. RAM order: stack (overflow runs into the guard below),
 * page tables, whose alignment would tear holes elsewhere, data, thread-local data, bss, arena.
 */
export function linkerScript(board: Board, role: ImageRole, slot: Slot = "a"): string {
  const layout = board.roles[role];
  const page = hex(Math.max(board.cpu.pageByteLength, 16));
  const imageLength = payloadByteLength(board, role, slot);
  const ram = layout.ram;
  const routine = ramCodeRegion(board, role);
  // The boot ROM begins with the reset vector, any other image with the header that the stage before it reads.
  const first = role === "rom" ? ["*(.hf_vectors)", "*(.hf_header)"] : ["*(.hf_header)", "*(.hf_vectors)"];
  return `/* Generated from hal/boards/${board.name}/board.json for role ${role}: do not edit. */
ENTRY(hf_reset)
MEMORY {
  image (rx) : ORIGIN = ${hex(linkBase(board, role, slot))}, LENGTH = ${hex(imageLength)}
  ram (rw) : ORIGIN = ${hex(ram.base)}, LENGTH = ${hex(ram.byteLength)}${
    routine === undefined
      ? ""
      : `
  routine (rx) : ORIGIN = ${hex(routine.base)}, LENGTH = ${hex(routine.byteLength)}`
  }
}
PHDRS {
  text PT_LOAD FLAGS(5);
  rodata PT_LOAD FLAGS(4);
  ${routine === undefined ? "" : "routine PT_LOAD FLAGS(5);\n  "}data PT_LOAD FLAGS(6);
  bss PT_LOAD FLAGS(6);
  tls PT_TLS FLAGS(6);
}
SECTIONS {
  _image_start = ORIGIN(image);
  .text ORIGIN(image) : {
    _text_start = .;
    KEEP(${first[0]})
    KEEP(${first[1]})
    *(.text .text.*${routine === undefined ? " .ram_text .ram_text.*" : ""})
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
${
  routine === undefined
    ? ""
    : `  .ram_text ORIGIN(routine) : { _ram_text_start = .; *(.ram_text .ram_text.*) . = ALIGN(16); _ram_text_end = .; } >routine AT>image :routine
  _ram_text_load = LOADADDR(.ram_text);
`
}  .stack ORIGIN(ram) (NOLOAD) : {
    _stack_bottom = .;
    . += ${hex(layout.stackByteLength)};
    _stack_top = .;
  } >ram :NONE
  .page_tables (NOLOAD) : { _page_tables_start = .; *(.page_tables) _page_tables_end = .; } >ram :NONE
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

/** RAM from which a role runs the code that programs the flash it lies in; undefined where that code needs no such place. */
function ramCodeRegion(board: Board, role: ImageRole): MemoryRegion | undefined {
  return board.memory.find((region) => region.kind === "ram-code" && region.roles.includes(role));
}
