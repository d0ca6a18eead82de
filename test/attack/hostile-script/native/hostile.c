/* native:hostile. */
#include <string.h>

#include "arguments.h"
#include "attempt.h"
#include "root-call.h"

enum { MEMORY_LENGTH = 8192, READ_LIMIT = 4096, RUN_LIMIT = 512 };

static uint8_t memory[MEMORY_LENGTH] __attribute__((aligned(4096)));
static volatile uint32_t word; /* read, to be written, or returned by what was executed */
static uint32_t runs[2 * RUN_LIMIT];

static void load(uint32_t address) { word = *(volatile uint32_t*)(uintptr_t)address; }

static void store(uint32_t address) { *(volatile uint32_t*)(uintptr_t)address = word; }

static void jump(uint32_t address) { word = ((uint32_t(*)(uint32_t))(uintptr_t)address)(0); }

void native_hostile_memory(xsMachine* the) { xsmcSetNumber(xsResult, (double)(uintptr_t)memory); }

void native_hostile_text(xsMachine* the) { xsmcSetNumber(xsResult, (double)((uintptr_t)native_hostile_memory & ~(uintptr_t)3)); }

static uint32_t address_at(xsMachine* the, xsIntegerValue index, const char* name) {
	return hf_argument_unsigned(the, index, name, UINT32_MAX);
}

void native_hostile_read(xsMachine* the) {
	static uint32_t words[READ_LIMIT / 4];
	const uint32_t address = address_at(the, 0, "address");
	const uint32_t byteLength = hf_argument_unsigned(the, 1, "byteLength", READ_LIMIT);
	int faulted = 0;
	for (uint32_t index = 0; !faulted && (index < byteLength / 4); index++) {
		faulted = hf_attempt(load, address + 4 * index, 0);
		words[index] = word;
	}
	hf_attempts_end();
	if (!faulted)
		memcpy(xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)byteLength), words, byteLength);
}

void native_hostile_write(xsMachine* the) {
	uint32_t byteLength;
	const uint32_t address = address_at(the, 0, "address");
	const uint8_t* bytes = hf_argument_bytes(the, 1, "bytes", &byteLength);
	int faulted = 0;
	for (uint32_t index = 0; !faulted && (index < byteLength / 4); index++) {
		uint32_t value;
		memcpy(&value, bytes + 4 * index, sizeof(value));
		word = value;
		faulted = hf_attempt(store, address + 4 * index, 0);
	}
	hf_attempts_end();
	xsmcSetBoolean(xsResult, !faulted);
}

void native_hostile_execute(xsMachine* the) {
	const int faulted = hf_attempt(jump, address_at(the, 0, "address"), xsmcToBoolean(xsArg(1)));
	hf_attempts_end();
	if (!faulted)
		xsmcSetNumber(xsResult, word);
}

void native_hostile_rawCall(xsMachine* the) {
	uint32_t arguments[5], replyLength;
	for (xsIntegerValue index = 0; index < 5; index++)
		arguments[index] = address_at(the, index, "argument");
	const uint32_t status = hf_root_call(arguments[0], (const void*)(uintptr_t)arguments[1], arguments[2],
		(void*)(uintptr_t)arguments[3], arguments[4], &replyLength);
	xsmcSetInteger(xsResult, (xsIntegerValue)(status | (replyLength << 16)));
}

void native_hostile_sweep(xsMachine* the) {
	const uint32_t first = address_at(the, 0, "first"), last = address_at(the, 1, "last"), step = address_at(the, 2, "step");
	uint32_t count = 0;
	int inRun = 0;
	for (uint64_t address = first; address <= last; address += step) {
		const int reached = !hf_attempt(load, (uint32_t)address, 0);
		if (reached && !inRun && (count < RUN_LIMIT))
			runs[2 * count++] = (uint32_t)address;
		if (reached)
			runs[2 * count - 1] = (uint32_t)address;
		inRun = reached;
	}
	hf_attempts_end();
	memcpy(xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)(8 * count)), runs, 8 * count);
}

void native_hostile_scribble(xsMachine* the) {
	const uint32_t first = address_at(the, 0, "first"), last = address_at(the, 1, "last"), step = address_at(the, 2, "step");
	uint32_t written = 0;
	const uint32_t value = address_at(the, 3, "value");
	for (uint64_t address = first; address <= last; address += step) {
		word = value;
		written += !hf_attempt(store, (uint32_t)address, 0);
	}
	hf_attempts_end();
	xsmcSetInteger(xsResult, (xsIntegerValue)written);
}

void native_hostile_controlRegisters(xsMachine* the) {
	static uint8_t access[HF_CONTROL_REGISTERS];
	const uint32_t count = hf_attempt_control_registers(access);
	hf_attempts_end();
	void* const bytes = xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)count);
	if (count != 0)
		memcpy(bytes, access, count);
}
