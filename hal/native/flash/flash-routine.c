/* The commands of two Intel-style NOR chips of 16 bits on a bus of 32 (28FxxxJ3 datasheet, table 13). All that runs while the
 * bank does not show its array is in this file, and in RAM where that is needed (section .ram_text). */
#include "flash-routine.h"

/* Nothing of the C library, no tables, no constants in memory: all of that is in the flash. */
#define IN_RAM __attribute__((section(".ram_text"), noinline, optimize("no-tree-loop-distribute-patterns", "no-jump-tables")))

#define BOTH(command) ((uint32_t)(command) * 0x00010001u)

enum { READ_ARRAY = 0xff, CLEAR_STATUS = 0x50, ERASE = 0x20, PROGRAM_BUFFER = 0xe8, CONFIRM = 0xd0, READY = 0x80 };

/* A chip that is never ready is broken; so many looks take far longer than the longest erase. */
enum { LONGEST_WAIT = 1 << 26 };

static int IN_RAM is_ready(volatile uint32_t* at, uint32_t wait) {
	while ((*at & BOTH(READY)) != BOTH(READY)) {
		if (wait-- == 0)
			return 0;
	}
	return 1;
}

static void IN_RAM end(volatile uint32_t* at) {
	is_ready(at, LONGEST_WAIT);
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
	const uint32_t count = byteLength / 4;
	uint32_t attempts = LONGEST_WAIT;
	do
		*target = BOTH(PROGRAM_BUFFER);
	while (!is_ready(target, 0) && (attempts-- != 0));
	*target = BOTH(count - 1);
	for (uint32_t index = 0; index < count; index++, bytes += 4)
		target[index] = bytes[0] | ((uint32_t)bytes[1] << 8) | ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
	*target = BOTH(CONFIRM);
	end(target);
}
