/* Allocates, grows and frees at random in an arena, beside a list of what is out: blocks keep their bytes, never overlap, are
 * aligned, and when all are free the arena is as it was.
 *
 * usage: arena-stress BYTES ROUNDS SEED
 * Exit 1 with one line when the arena breaks a promise of arena.h. Built with -fsanitize=address,undefined. */
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 200, ALIGNMENT = 8 };

typedef struct {
	uint8_t* memory;
	size_t byteLength;
	uint8_t fill;
} Shadow;

static Shadow blocks[BLOCKS];
static uint64_t state;
static unsigned long refusals, reuses;

static uint32_t next_random(uint32_t limit) {
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ull) >> 33) % limit;
}

static void fail(const char* text) {
	fprintf(stderr, "expected %s\n", text);
	exit(1);
}

extern void hf_arena_damaged(const void* block) __attribute__((noreturn));
void hf_arena_damaged(const void* block) {
	(void)block;
	fail("headers that nobody damaged");
	exit(1);
}

/* Mostly small, sometimes as large as a machine's pool. */
static size_t some_length(size_t byteLength) {
	switch (next_random(8)) {
	case 0: return next_random(9);
	case 1: return next_random((uint32_t)byteLength / 4 + 1);
	case 2: return next_random((uint32_t)byteLength + 64);
	default: return next_random(400);
	}
}

static void check_block(const Shadow* block, const uint8_t* start, const uint8_t* end) {
	size_t index;
	int other;
	if ((uintptr_t)block->memory % ALIGNMENT)
		fail("blocks aligned to 8 bytes");
	if ((block->memory < start) || (block->memory + block->byteLength > end))
		fail("blocks inside the arena");
	for (index = 0; index < block->byteLength; index++)
		if (block->memory[index] != block->fill)
			fail("blocks that keep their bytes");
	for (other = 0; other < BLOCKS; other++)
		if (blocks[other].memory && (&blocks[other] != block) && (blocks[other].memory < block->memory + block->byteLength)
			&& (block->memory < blocks[other].memory + blocks[other].byteLength))
			fail("blocks that do not overlap");
}

static void set_block(Shadow* block, uint8_t* memory, size_t byteLength) {
	block->memory = memory;
	block->byteLength = byteLength;
	block->fill = (uint8_t)next_random(256);
	if (memory)
		memset(memory, block->fill, byteLength);
	else
		refusals++;
}

static size_t bytes_out(void) {
	size_t sum = 0;
	int index;
	for (index = 0; index < BLOCKS; index++)
		if (blocks[index].memory)
			sum += blocks[index].byteLength;
	return sum;
}

static void one_round(const uint8_t* start, size_t byteLength, hfArena* arena) {
	Shadow* block = &blocks[next_random(BLOCKS)];
	size_t wanted = some_length(byteLength);
	size_t index;
	uint8_t* memory;
	if (block->memory)
		check_block(block, start, start + byteLength);
	switch (next_random(4)) {
	case 0:
		hf_arena_free(block->memory);
		block->memory = NULL;
		break;
	case 1:
		if (block->memory) {
			size_t kept = (wanted < block->byteLength) ? wanted : block->byteLength;
			memory = hf_arena_realloc(block->memory, wanted);
			if (!memory) {
				refusals++;
				check_block(block, start, start + byteLength); /* refused: still there */
				break;
			}
			for (index = 0; index < kept; index++)
				if (memory[index] != block->fill)
					fail("a grown block to keep its bytes");
			set_block(block, memory, wanted);
		}
		else
			set_block(block, hf_arena_realloc(NULL, wanted), wanted);
		break;
	case 2:
		hf_arena_free(block->memory);
		block->memory = NULL;
		memory = hf_arena_calloc(wanted, 1);
		for (index = 0; memory && (index < wanted); index++)
			if (memory[index] != 0)
				fail("zeros from calloc");
		set_block(block, memory, wanted);
		break;
	default:
		hf_arena_free(block->memory);
		block->memory = NULL;
		set_block(block, hf_arena_malloc(wanted), wanted);
		break;
	}
	if (block->memory)
		check_block(block, start, start + byteLength);
	if ((hf_arena_used(arena) < bytes_out()) || (hf_arena_used(arena) > byteLength) || (hf_arena_peak(arena) < hf_arena_used(arena)))
		fail("used between what is out and what there is, and peak above it");
}

/* Takes blocks of one size until there is none, and gives them back in an order that leaves holes. */
static void exhaust(size_t byteLength, hfArena* arena) {
	static void* taken[1 << 16];
	size_t size = 16 + next_random(200);
	int count = 0, index;
	while ((count < (1 << 16)) && (taken[count] = hf_arena_malloc(size)))
		count++;
	if (((size_t)count * (size + 16 + ALIGNMENT) + size + 256 < byteLength) && (count < (1 << 16)))
		fail("an arena that is full before it refuses");
	for (index = 0; index < count; index += 2)
		hf_arena_free(taken[index]);
	if (count > 1) {
		if (hf_arena_malloc(size) != taken[0])
			fail("the first freed block to be found again");
		hf_arena_free(taken[0]);
		reuses++;
	}
	for (index = 1; index < count; index += 2)
		hf_arena_free(taken[index]);
	if (hf_arena_used(arena) != 0)
		fail("used to return to 0");
	/* All but the arena's own record is one piece again. */
	taken[0] = hf_arena_malloc(byteLength - 128);
	if (!taken[0])
		fail("free blocks to join");
	hf_arena_free(taken[0]);
}

int main(int argc, char* argv[]) {
	size_t byteLength;
	uint8_t* memory;
	hfArena* arena;
	long rounds;
	int index;
	if (argc != 4)
		return 2;
	byteLength = strtoul(argv[1], NULL, 10);
	memory = malloc(byteLength + ALIGNMENT);
	state = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15ull | 1;
	if (!memory)
		return 2;
	if (hf_arena_malloc(8) || hf_arena_calloc(1, 8))
		fail("no memory before an arena is in use");
	if (hf_arena_open(NULL, byteLength) || hf_arena_open(memory + 4, byteLength) || hf_arena_open(memory, 64))
		fail("memory that is absent, unaligned or too small to be refused");
	arena = hf_arena_open(memory, byteLength);
	if (!arena || hf_arena_use(arena))
		fail("an arena, and none before it");
	if (hf_arena_calloc(SIZE_MAX, 2) || hf_arena_calloc(2, SIZE_MAX / 2 + 1) || hf_arena_malloc(SIZE_MAX) || hf_arena_malloc(byteLength))
		fail("requests beyond the arena to be refused");
	hf_arena_free(NULL);
	for (rounds = strtol(argv[2], NULL, 10); rounds > 0; rounds--) {
		one_round(memory, byteLength, arena);
		if (rounds % 5000 == 0) {
			for (index = 0; index < BLOCKS; index++) {
				hf_arena_free(blocks[index].memory);
				blocks[index].memory = NULL;
			}
			if (hf_arena_used(arena) != 0)
				fail("used to return to 0");
			exhaust(byteLength, arena);
		}
	}
	printf("refused %lu reused %lu\n", refusals, reuses);
	free(memory);
	return 0;
}
