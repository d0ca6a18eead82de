/* native:world-trial. */
#include <math.h>
#include <string.h>

#include "arguments.h"
#include "hostile.h"
#include "root-call.h"

enum { MEMORY_LENGTH = 3 * 4096 };

static uint8_t memory[MEMORY_LENGTH] __attribute__((aligned(4096)));

static uint8_t pattern(uint32_t index) { return (uint8_t)(index * 31 + (index >> 8)); }

int hf_is_arithmetic(const uint8_t reply[16]) {
	static const volatile double two = 2, three = 3, one = 1, small = 1e-310;
	const double expected[2] = {sqrt(two) / three, -one / three + small};
	return memcmp(reply, expected, sizeof(expected)) == 0;
}

void native_world_trial_memory(xsMachine* the) { xsmcSetNumber(xsResult, (double)(uintptr_t)memory); }

void native_world_trial_fillMemory(xsMachine* the) {
	(void)the;
	for (uint32_t index = 0; index < MEMORY_LENGTH; index++)
		memory[index] = pattern(index);
}

void native_world_trial_changedBytes(xsMachine* the) {
	uint32_t changed = 0;
	for (uint32_t index = 0; index < MEMORY_LENGTH; index++)
		changed += (memory[index] != pattern(index));
	xsmcSetInteger(xsResult, (xsIntegerValue)changed);
}

void native_world_trial_rawCall(xsMachine* the) {
	uint32_t arguments[5];
	for (xsIntegerValue index = 0; index < 5; index++)
		arguments[index] = hf_argument_unsigned(the, index, "argument", UINT32_MAX);
	uint32_t replyLength;
	const uint32_t status = hf_root_call(arguments[0], (const void*)(uintptr_t)arguments[1], arguments[2],
		(void*)(uintptr_t)arguments[3], arguments[4], &replyLength);
	xsmcSetInteger(xsResult, (xsIntegerValue)(status | (replyLength << 16)));
}

void native_world_trial_isOutOfReach(xsMachine* the) {
	const uint32_t address = hf_argument_unsigned(the, 0, "address", UINT32_MAX);
	xsmcSetBoolean(xsResult, hf_out_of_reach(address, hf_argument_unsigned(the, 1, "how", HF_EXECUTE)));
}

void native_world_trial_trialCount(xsMachine* the) { xsmcSetInteger(xsResult, (xsIntegerValue)hf_trial_count); }

static const hfTrial* trial_of(xsMachine* the) { return &hf_trials[hf_argument_unsigned(the, 0, "index", hf_trial_count - 1)]; }

void native_world_trial_trialName(xsMachine* the) { xsmcSetString(xsResult, (char*)(uintptr_t)trial_of(the)->name); }

void native_world_trial_trial(xsMachine* the) { xsmcSetBoolean(xsResult, trial_of(the)->withstood()); }

void native_world_trial_hang(xsMachine* the) {
	(void)the;
	hf_hang();
}
