/* native:cpu. */
#include "cpu.h"

#include "arguments.h"
#include "board-config.h"
#include "launch.h"

void native_cpu_instructions(xsMachine* the) { xsmcSetNumber(xsResult, (double)hf_cpu_instructions()); }

void native_cpu_waitForInterrupt(xsMachine* the) {
	(void)the;
	hf_cpu_wait_for_interrupt();
}

void native_cpu_timerFrequency(xsMachine* the) { xsmcSetInteger(xsResult, HF_TIMER_FREQUENCY); }

void native_cpu_timerCount(xsMachine* the) { xsmcSetNumber(xsResult, (double)hf_timer_count()); }

void native_cpu_timerArm(xsMachine* the) { hf_timer_arm(hf_argument_long(the, 0, "at")); }

void native_cpu_timerDisarm(xsMachine* the) {
	(void)the;
	hf_timer_disarm();
}

void native_cpu_setWallClock(xsMachine* the) { hf_wall_clock_set((double)hf_argument_long(the, 0, "milliseconds")); }

void native_cpu_reset(xsMachine* the) {
	(void)the;
	hf_cpu_reset();
}

void native_cpu_powerOff(xsMachine* the) { hf_cpu_power_off((int)hf_argument_unsigned(the, 0, "code", 255)); }

void native_cpu_handOver(xsMachine* the) {
	const hfHandOver* block = hf_hand_over();
	if (block && (block->dataLength <= HF_HAND_OVER_DATA_LENGTH))
		xsmcSetArrayBuffer(xsResult, (void*)block->data, (xsIntegerValue)block->dataLength);
}

void native_cpu_launch(xsMachine* the) {
	const uint32_t payload = hf_argument_unsigned(the, 0, "payload", UINT32_MAX);
	const uint32_t payloadLength = hf_argument_unsigned(the, 1, "payloadByteLength", UINT32_MAX);
	uint32_t dataLength;
	const uint8_t* data = hf_argument_bytes(the, 2, "handOver", &dataLength);
	hfLaunchRefusal refusal;
	hf_launch(payload, payloadLength, data, dataLength, &refusal);
	xsRangeError("launch: expected %s, found 0x%lx", refusal.expected, (unsigned long)refusal.found);
}
