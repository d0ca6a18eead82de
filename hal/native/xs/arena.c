/* First-fit allocator over one region. XS allocates few and large blocks, so simple and checkable wins over fast. */
#include "arena.h"

#include <string.h>

/* Blocks tile the region in address order; the low bit of size says whether the block is taken. */
typedef struct {
	uint32_t size; /* bytes with this header, multiple of 8; bit 0 = taken */
	uint32_t check; /* size ^ arena seed: a damaged header is noticed before it is followed */
} Block;

struct hfArena {
	uint8_t* base;
	uint32_t length;
	uint32_t used;
	uint32_t peak;
	uint32_t seed;
	uint32_t reserved;
};

enum { ALIGNMENT = 8, TAKEN = 1 };

static hfArena* current = NULL;

extern void hf_arena_damaged(const void* block) __attribute__((noreturn));

static Block* first_block(const hfArena* arena) { return (Block*)(void*)arena->base; }
static uint32_t block_size(const Block* block) { return block->size & ~(uint32_t)(ALIGNMENT - 1); }

static void set_block(const hfArena* arena, Block* block, uint32_t size) {
	block->size = size;
	block->check = size ^ arena->seed;
}

static Block* next_block(const hfArena* arena, Block* block) {
	uint32_t size = block_size(block);
	uint32_t offset = (uint32_t)((uint8_t*)block - arena->base);
	if ((block->check != (block->size ^ arena->seed)) || (size < sizeof(Block)) || (size > arena->length - offset))
		hf_arena_damaged(block);
	if (offset + size == arena->length)
		return NULL;
	return (Block*)(void*)((uint8_t*)block + size);
}

hfArena* hf_arena_open(void* memory, size_t byteLength) {
	hfArena* arena = memory;
	if (!memory || ((uintptr_t)memory % ALIGNMENT) || (byteLength < sizeof(hfArena) + 64) || (byteLength > UINT32_MAX))
		return NULL;
	memset(arena, 0, sizeof(hfArena));
	arena->base = (uint8_t*)memory + sizeof(hfArena);
	arena->length = (uint32_t)(byteLength - sizeof(hfArena)) & ~(uint32_t)(ALIGNMENT - 1);
	arena->seed = 0x48464152u ^ (uint32_t)(uintptr_t)memory;
	set_block(arena, first_block(arena), arena->length);
	return arena;
}

hfArena* hf_arena_use(hfArena* arena) {
	hfArena* former = current;
	current = arena;
	return former;
}

size_t hf_arena_used(const hfArena* arena) { return arena->used; }
size_t hf_arena_peak(const hfArena* arena) { return arena->peak; }

/* Joins the free blocks that follow a free block, so that freeing needs no search. */
static void absorb(hfArena* arena, Block* block) {
	Block* next;
	while ((next = next_block(arena, block)) && !(next->size & TAKEN))
		set_block(arena, block, block_size(block) + block_size(next));
}

static void take(hfArena* arena, Block* block, uint32_t size) {
	uint32_t whole = block_size(block);
	if (whole - size >= sizeof(Block) + ALIGNMENT) {
		set_block(arena, (Block*)(void*)((uint8_t*)block + size), whole - size);
		whole = size;
	}
	set_block(arena, block, whole | TAKEN);
	arena->used += whole;
	if (arena->peak < arena->used)
		arena->peak = arena->used;
}

void* hf_arena_malloc(size_t byteLength) {
	hfArena* arena = current;
	Block* block;
	uint32_t size;
	if (!arena || (byteLength > arena->length - sizeof(Block)))
		return NULL;
	size = (uint32_t)((byteLength + sizeof(Block) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1));
	if (size < sizeof(Block) + ALIGNMENT)
		size = sizeof(Block) + ALIGNMENT;
	for (block = first_block(arena); block; block = next_block(arena, block)) {
		if (block->size & TAKEN)
			continue;
		absorb(arena, block);
		if (block_size(block) >= size) {
			take(arena, block, size);
			return block + 1;
		}
	}
	return NULL;
}

void* hf_arena_calloc(size_t count, size_t byteLength) {
	void* block;
	if (byteLength && (count > SIZE_MAX / byteLength))
		return NULL;
	block = hf_arena_malloc(count * byteLength);
	if (block)
		memset(block, 0, count * byteLength);
	return block;
}

void hf_arena_free(void* memory) {
	hfArena* arena = current;
	Block* block;
	if (!memory)
		return;
	block = (Block*)memory - 1;
	if (!arena || ((uint8_t*)block < arena->base) || ((uint8_t*)block >= arena->base + arena->length)
		|| !(block->size & TAKEN) || (block->check != (block->size ^ arena->seed)))
		hf_arena_damaged(memory);
	arena->used -= block_size(block);
	set_block(arena, block, block_size(block));
	absorb(arena, block);
}

void* hf_arena_realloc(void* memory, size_t byteLength) {
	Block* block;
	size_t former;
	void* moved;
	if (!memory)
		return hf_arena_malloc(byteLength);
	block = (Block*)memory - 1;
	former = block_size(block) - sizeof(Block);
	if (former >= byteLength)
		return memory;
	moved = hf_arena_malloc(byteLength);
	if (moved) {
		memcpy(moved, memory, former);
		hf_arena_free(memory);
	}
	return moved;
}
