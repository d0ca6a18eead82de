/* The commands of two Intel-style NOR chips of 16 bits on a bus of 32 (28FxxxJ3 datasheet, table 13). All that runs while the
 * bank does not show its array is in this file, and in RAM where that is needed (section .ram_text). */
#include "flash-routine.h"

/* Nothing of the C library, no tables, no constants in memory, and no call: the compiler's own helpers lie in the flash, even those
 * that save registers (-msave-restore). test/boards/worlds-virt-rv32.test.ts looks at the code. */
#define IN_RAM __attribute__((section(".ram_text"), noinline, optimize("no-tree-loop-distribute-patterns", "no-jump-tables")))
#define INLINE static inline __attribute__((always_inline))

#define BOTH(command) ((uint32_t)(command) * 0x00010001u)

enum { READ_ARRAY = 0xff, CLEAR_STATUS = 0x50, ERASE = 0x20, PROGRAM_BUFFER = 0xe8, CONFIRM = 0xd0, READY = 0x80 };

/* A chip that is never ready is broken; so many looks take far longer than the longest erase. */
enum { LONGEST_WAIT = 1 << 26 };

INLINE int is_ready(volatile uint32_t* at) { return (*at & BOTH(READY)) == BOTH(READY); }

INLINE void end(volatile uint32_t* at) {
	for (uint32_t wait = LONGEST_WAIT; !is_ready(at) && (wait != 0); wait--) {
	}
	*at = BOTH(READ_ARRAY); /* some chips clear their status only out of this mode */
	*at = BOTH(CLEAR_STATUS);
	*at = BOTH(READ_ARRAY);
}

void IN_RAM hf_flash_erase(volatile uint32_t* sector) {
	*sector = BOTH(ERASE);
	*sector = BOTH(CONFIRM);
	end(sector);
}

void IN_RAM hf_flash_program(volatile uint32_t* target, const uint8_t* bytes, uint32_t byteLength) {
	const uint8_t* const last = bytes + byteLength;
	volatile uint32_t* word = target;
	uint32_t attempts = LONGEST_WAIT;
	do
		*target = BOTH(PROGRAM_BUFFER);
	while (!is_ready(target) && (attempts-- != 0));
	*target = BOTH(byteLength / 4 - 1);
	for (; bytes < last; bytes += 4)
		*word++ = bytes[0] | ((uint32_t)bytes[1] << 8) | ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
	*target = BOTH(CONFIRM);
	end(target);
}
