/* Numbers the live slots of the root's heap in heap order, so that the printed root is the same at every run. */
#include "xs-freeze.h"

typedef struct {
	txSlot* first;
	txSlot* limit;
	int* numbers; /* per slot; -1 = free */
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

int slot_count(void) { return liveCount; }
txSlot* slot_at(int number) { return live[number]; }
