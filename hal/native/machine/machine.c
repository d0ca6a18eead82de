/* native:machine */
#include "machine.h"

extern char _arena_start[], _arena_end[], _ram_used[];

void native_machine_ramUsed(txMachine* the);
void native_machine_arenaUsed(txMachine* the);
void native_machine_arenaByteLength(txMachine* the);
void native_machine_chunkBytesUsed(txMachine* the);
void native_machine_slotsUsed(txMachine* the);
void native_machine_collect(txMachine* the);

static void give(txMachine* the, size_t value) {
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = (txInteger)value;
}

static size_t arena_used(txMachine* the) {
	const hfMachine* machine = the->context;
	return hf_arena_used(machine->arena);
}

void native_machine_ramUsed(txMachine* the) { give(the, (size_t)(uintptr_t)_ram_used + arena_used(the)); }
void native_machine_arenaUsed(txMachine* the) { give(the, arena_used(the)); }
void native_machine_arenaByteLength(txMachine* the) { give(the, (size_t)(_arena_end - _arena_start)); }
void native_machine_chunkBytesUsed(txMachine* the) { give(the, (size_t)the->currentChunksSize); }
void native_machine_slotsUsed(txMachine* the) { give(the, (size_t)the->currentHeapCount); }
void native_machine_collect(txMachine* the) { fxCollectGarbage(the); }
