/* native:machine-trial */
#include "machine.h"

/* A board with megabytes can let key ids run out before memory does. */
#ifdef HF_CPU_ARMV7A
enum { TRIAL_MEMORY = 1024 * 1024 };
#else
enum { TRIAL_MEMORY = 96 * 1024 };
#endif

enum { SECOND_MEMORY = 96 * 1024 };

static uint8_t firstMemory[TRIAL_MEMORY] __attribute__((aligned(16)));
/* For the receiver of a message. */
static uint8_t secondMemory[SECOND_MEMORY] __attribute__((aligned(16)));
static uint8_t* const memory[2] = { firstMemory, secondMemory };
static size_t left, peak;
static char failure[HF_FAILURE_TEXT];

typedef struct {
	const char* module;
	void* message; /* marshalled argument, or NULL */
	int marshal; /* marshal the result */
	txBoolean alien;
	void* result;
} Task;

static void run_module(txMachine* the, void* data) {
	Task* task = data;
	mxPushUndefined();
	mxPushStringC((txString)(uintptr_t)task->module);
	fxAwaitImport(the, XS_IMPORT_DEFAULT);
	mxCall();
	if (task->message) {
		fxDemarshall(the, task->message, task->alien);
		mxRunCount(1);
	}
	else
		mxRunCount(0);
	if (task->marshal)
		task->result = fxMarshall(the, task->alien);
	else
		mxPop();
}

/* JavaScript stack of the trials' machines, in slots; 0 takes the manifest's. */
static txSize stackCount;

static int run_task(hfMachine* machine, Task* task, size_t byteLength, uint32_t meterLimit, int slot, const hfArchive* archive) {
	txCreation creation = gxPreparation->creation;
	int status;
	if (stackCount)
		creation.stackCount = stackCount;
	status = hf_machine_create(machine, &creation, archive, memory[slot], byteLength);
	if (!machine->the)
		return status;
	machine->meterLimit = meterLimit;
	if (status == HF_RAN)
		status = hf_machine_run(machine, run_module, task);
	if (status == HF_RAN)
		status = hf_machine_run_jobs(machine);
	return status;
}

static void end(hfMachine* machine) {
	if (!machine->arena)
		return;
	memcpy(failure, machine->failure, sizeof(failure));
	left = hf_machine_delete(machine);
	peak = hf_arena_peak(machine->arena);
}

static size_t memory_length(txMachine* the, int index) {
	txInteger length = fxToInteger(the, mxArgv(index));
	if ((length < 1024) || (length > TRIAL_MEMORY))
		mxRangeError("memoryByteLength: expected 1024 to %d, found %d", TRIAL_MEMORY, (int)length);
	return (size_t)length;
}

/* The least that a machine can start with and still run a small program. */
static size_t smallest_machine(void) {
	static hfMachine machine;
	txCreation creation = gxPreparation->creation;
	size_t used;
	creation.initialChunkSize = 256;
	creation.initialHeapCount = 48;
	creation.stackCount = 96;
	creation.initialKeyCount = 16;
	if (hf_machine_create(&machine, &creation, NULL, memory[0], TRIAL_MEMORY) != HF_RAN)
		return TRIAL_MEMORY;
	used = hf_arena_used(machine.arena);
	end(&machine);
	return used;
}

static const hfArchive* archive_of(txMachine* the) { return ((const hfMachine*)the->context)->archive; }

static int trial(txMachine* the) {
	static hfMachine machine;
	Task task = { .module = fxToString(the, mxArgv(0)) };
	int status = run_task(&machine, &task, memory_length(the, 1), (uint32_t)fxToInteger(the, mxArgv(2)), 0, archive_of(the));
	end(&machine);
	return status;
}

static void give(txMachine* the, txInteger value) {
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = value;
}

void native_machine_trial_trial(txMachine* the);
void native_machine_trial_memoryLimit(txMachine* the);
void native_machine_trial_rounds(txMachine* the);
void native_machine_trial_setStackCount(txMachine* the);
void native_machine_trial_leftBytes(txMachine* the);
void native_machine_trial_peakBytes(txMachine* the);
void native_machine_trial_failureText(txMachine* the);
void native_machine_trial_smallestBytes(txMachine* the);
void native_machine_trial_marshal(txMachine* the);

void native_machine_trial_trial(txMachine* the) { give(the, trial(the)); }

void native_machine_trial_memoryLimit(txMachine* the) { give(the, TRIAL_MEMORY); }

void native_machine_trial_setStackCount(txMachine* the) { stackCount = (txSize)fxToInteger(the, mxArgv(0)); }

void native_machine_trial_rounds(txMachine* the) {
	static hfMachine machine;
	txInteger count = fxToInteger(the, mxArgv(0)), bad = 0, first = 0, index;
	Task task = { .module = fxToString(the, mxArgv(1)) };
	size_t length = memory_length(the, 2);
	uint32_t limit = (uint32_t)fxToInteger(the, mxArgv(3));
	for (index = 0; index < count; index++) {
		int status = run_task(&machine, &task, length, limit, 0, archive_of(the));
		end(&machine);
		if (index == 0)
			first = status;
		if ((status != first) || left)
			bad++;
	}
	give(the, bad);
}

void native_machine_trial_leftBytes(txMachine* the) { give(the, (txInteger)left); }
void native_machine_trial_peakBytes(txMachine* the) { give(the, (txInteger)peak); }
void native_machine_trial_smallestBytes(txMachine* the) { give(the, (txInteger)smallest_machine()); }
void native_machine_trial_failureText(txMachine* the) { fxString(the, mxResult, failure); }

void native_machine_trial_marshal(txMachine* the) {
	static hfMachine source, target;
	Task give_task = { .module = fxToString(the, mxArgv(0)), .marshal = 1, .alien = (txBoolean)fxToBoolean(the, mxArgv(3)) };
	Task take_task = { .module = fxToString(the, mxArgv(1)), .alien = give_task.alien };
	size_t length = memory_length(the, 2);
	size_t leftInSource = 0;
	int status;
	if (length > SECOND_MEMORY)
		length = SECOND_MEMORY;
	status = run_task(&source, &give_task, length, 0, 0, archive_of(the));
	if (status == HF_RAN) {
		take_task.message = give_task.result;
		status = run_task(&target, &take_task, length, 0, 1, archive_of(the));
		end(&target);
		leftInSource = left;
	}
	else
		memcpy(failure, source.failure, sizeof(failure));
	if (give_task.result) {
		/* The message belongs to the machine that made it. */
		hfArena* former = hf_arena_use(source.arena);
		c_free(give_task.result);
		hf_arena_use(former);
	}
	if (source.the) {
		leftInSource += hf_machine_delete(&source);
		left = leftInSource;
	}
	give(the, status);
}
