/* native:bench, and the layout of XS's machine for whoever reads a board's memory from outside. */
#include "machine.h"

#include "cpu.h"

enum { MEMORY_LENGTH = 24 * 1024 };

static hfMachine second;
static uint64_t memory[MEMORY_LENGTH / sizeof(uint64_t)];

void native_bench_nothing(txMachine* the);
void native_bench_mark(txMachine* the);
void native_bench_createMachine(txMachine* the);
void native_bench_machineRam(txMachine* the);
void native_bench_deleteMachine(txMachine* the);

/* Read from the image's file by host-tools/bench/machine-layout.ts, in that order. */
extern const uint32_t hf_bench_machine_layout[];
#define AT(FIELD) (uint32_t)offsetof(txMachine, FIELD)
const uint32_t hf_bench_machine_layout[] = {
	sizeof(txMachine), sizeof(txSlot), offsetof(hfMachine, the), offsetof(hfMachine, arena),
	AT(stack), AT(stackBottom), AT(stackTop), AT(nameModulo), AT(symbolModulo), AT(keyCount), AT(keyOffset), AT(aliasCount),
	AT(currentChunksSize), AT(maximumChunksSize), AT(currentHeapCount), AT(maximumHeapCount)
};

static void give(txMachine* the, double value) {
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = value;
}

static void require_second(txMachine* the) {
	if (!second.the)
		mxUnknownError("machine: expected one that createMachine made, found none");
}

void native_bench_nothing(txMachine* the) { (void)the; }

/* Its address is what the probe waits for. Naming the table keeps the linker from leaving that out. */
void native_bench_mark(txMachine* the) { __asm__ volatile("" ::"r"(the), "r"(hf_bench_machine_layout)); }

void native_bench_createMachine(txMachine* the) {
	txCreation creation = gxPreparation->creation; /* the table sizes must be those of the root */
	if ((mxArgc < 1) || (mxArgv(0)->kind != XS_BOOLEAN_KIND))
		mxTypeError("smallest: expected a boolean, found another value");
	if (second.the)
		mxUnknownError("machine: expected none, found one");
	if (mxArgv(0)->value.boolean) {
		creation.initialChunkSize = 512;
		creation.incrementalChunkSize = 256;
		creation.initialHeapCount = 48;
		creation.incrementalHeapCount = 16;
		creation.stackCount = 96;
		creation.initialKeyCount = 16;
		creation.incrementalKeyCount = 16;
	}
	const uint64_t start = hf_cpu_instructions();
	const int status = hf_machine_create(&second, &creation, NULL, memory, sizeof(memory));
	const uint64_t end = hf_cpu_instructions();
	if (status != HF_RAN)
		mxUnknownError("machine: expected it to fit into its memory, found status %d", status);
	give(the, (double)(end - start));
}

void native_bench_machineRam(txMachine* the) {
	require_second(the);
	give(the, (double)hf_arena_used(second.arena));
}

void native_bench_deleteMachine(txMachine* the) {
	require_second(the);
	const uint64_t start = hf_cpu_instructions();
	const size_t left = hf_machine_delete(&second);
	const uint64_t end = hf_cpu_instructions();
	if (left != 0)
		mxUnknownError("machine: expected all memory back, found %ld bytes missing", (long)left);
	give(the, (double)(end - start));
}
