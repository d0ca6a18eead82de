/* Numbers the live slots of the root's heap in heap order, so that the printed root is the same at every run. */
#include "xs-freeze.h"

typedef struct {
	txSlot* first;
	txSlot* limit;
	int* numbers; /* per slot; -1 = free */
	char* taken; /* per slot */
} HeapBlock;

enum { MAXIMUM_BLOCKS = 64 };

static HeapBlock blocks[MAXIMUM_BLOCKS];
static int blockCount;
static txSlot** live;
static int liveCount;

static int* number_of(const txSlot* slot) {
	int index;
	for (index = 0; index < blockCount; index++) {
		HeapBlock* block = &blocks[index];
		if ((slot >= block->first) && (slot < block->limit))
			return &block->numbers[slot - block->first];
	}
	return C_NULL;
}

void number_heap(txMachine* the) {
	txSlot* heap;
	txSlot* slot;
	int total = 0, index;
	blockCount = 0;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		HeapBlock* block = &blocks[blockCount++];
		if (blockCount > MAXIMUM_BLOCKS)
			die("root heap: expected at most %d blocks", MAXIMUM_BLOCKS);
		block->first = heap + 1;
		block->limit = heap->value.reference;
		block->numbers = calloc((size_t)(block->limit - block->first), sizeof(int));
		block->taken = calloc((size_t)(block->limit - block->first), 1);
		total += (int)(block->limit - block->first);
	}
	live = calloc((size_t)total, sizeof(txSlot*));
	for (slot = the->freeHeap; slot; slot = slot->next)
		*number_of(slot) = -1;
	liveCount = 0;
	for (index = 0; index < blockCount; index++) {
		for (slot = blocks[index].first; slot < blocks[index].limit; slot++) {
			int* number = number_of(slot);
			if (*number == 0) {
				*number = liveCount;
				live[liveCount++] = slot;
			}
		}
	}
}

int slot_number(const txSlot* slot) {
	int* number = number_of(slot);
	return number ? *number : -1;
}

static char* taken_mark(const txSlot* slot) {
	int index;
	for (index = 0; index < blockCount; index++) {
		HeapBlock* block = &blocks[index];
		if ((slot >= block->first) && (slot < block->limit))
			return &block->taken[slot - block->first];
	}
	die("a slot points outside the root heap");
}

void forget_slots(void) {
	int index;
	for (index = 0; index < blockCount; index++)
		memset(blocks[index].taken, 0, (size_t)(blocks[index].limit - blocks[index].first));
}

int take_slot(const txSlot* slot) {
	char* mark = taken_mark(slot);
	const int isFirst = !*mark;
	*mark = 1;
	return isFirst;
}

int is_taken(const txSlot* slot) { return *taken_mark(slot); }

void number_taken(void) {
	int index, count = 0;
	for (index = 0; index < liveCount; index++) {
		txSlot* slot = live[index];
		const int isKept = is_taken(slot);
		*number_of(slot) = isKept ? count : -1;
		if (isKept)
			live[count++] = slot;
	}
	liveCount = count;
}

int slot_count(void) { return liveCount; }
txSlot* slot_at(int number) { return live[number]; }
