/* Lets a machine's slots grow before every allocation costs a collection. XS means to do so after two collections in a row that
 * found little, but since version 13.3 tells collections apart (XS_ORGANIC_FLAG) it takes each for one that need not count. */
#include "machine.h"

extern txSlot* __real_fxNewSlot(txMachine* the);
extern txSlot* __wrap_fxNewSlot(txMachine* the);
extern void fxGrowSlots(txMachine* the, txSize count);

static int is_scarce(const txMachine* the) {
	return the->maximumHeapCount - the->currentHeapCount < the->minimumHeapCount;
}

/* More slots are a convenience here, so a full arena is no reason to end the machine. */
static void grow_if_there_is_room(txMachine* the) {
	void* trial = hf_arena_malloc((size_t)the->minimumHeapCount * sizeof(txSlot));
	if (trial) {
		hf_arena_free(trial);
		fxGrowSlots(the, the->minimumHeapCount);
	}
}

static void collect(txMachine* the) {
	hfMachine* machine = the->context;
	const int wasScarce = machine->slotsScarce;
	fxCollect(the, XS_ORGANIC_FLAG);
	machine->slotsScarce = is_scarce(the);
	if (wasScarce && machine->slotsScarce)
		grow_if_there_is_room(the);
}

/* The linker sends here the calls of all files but the one that defines fxNewSlot (--wrap). */
txSlot* __wrap_fxNewSlot(txMachine* the) {
	if (!the->freeHeap && the->minimumHeapCount && (the->collectFlag & XS_COLLECTING_FLAG))
		collect(the);
	return __real_fxNewSlot(the);
}
