/* native:cpu. */
#include "cpu.h"

#include "arguments.h"
#include "board-config.h"
#include "launch.h"

void native_cpu_instructions(xsMachine* the) { xsmcSetNumber(xsResult, (double)hf_cpu_instructions()); }

void native_cpu_uncount(xsMachine* the) {
	const uint64_t since = hf_argument_long(the, 0, "since");
	if (since > hf_cpu_instructions())
		xsRangeError("since: expected an earlier count, found one to come");
	hf_cpu_uncount(since);
}

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

static hfHandOver* usable_hand_over(uint32_t room) {
	hfHandOver* block = hf_hand_over();
	return (block && (block->dataLength <= room)) ? block : NULL;
}

void native_cpu_handOver(xsMachine* the) {
	const hfHandOver* block = usable_hand_over(HF_RUNTIME_HAND_OVER_DATA_LENGTH);
	if (block)
		xsmcSetArrayBuffer(xsResult, (void*)block->data, (xsIntegerValue)block->dataLength);
}

#ifdef HF_ROLE_ROOT

/* Memory set to zero for good, though nothing reads it again. */
static void erase(volatile uint8_t* bytes, uint32_t byteLength) {
	for (uint32_t index = 0; index < byteLength; index++)
		bytes[index] = 0;
}

void native_cpu_takeHandOver(xsMachine* the) {
	hfHandOver* block = usable_hand_over(HF_ROOT_HAND_OVER_DATA_LENGTH);
	if (!block)
		return;
	xsmcSetArrayBuffer(xsResult, block->data, (xsIntegerValue)block->dataLength);
	erase((volatile uint8_t*)(uintptr_t)HF_HAND_OVER_IN_BASE, HF_HAND_OVER_IN_LENGTH);
}

#else

void native_cpu_takeHandOver(xsMachine* the) { xsTypeError("takeHandOver: expected the root of trust, found another stage"); }

#endif

#ifdef HF_ROLE_ROM

void native_cpu_launch(xsMachine* the) {
	const uint32_t payload = hf_argument_unsigned(the, 0, "payload", UINT32_MAX);
	const uint32_t payloadLength = hf_argument_unsigned(the, 1, "payloadByteLength", UINT32_MAX);
	uint32_t dataLength;
	const uint8_t* data = hf_argument_bytes(the, 2, "handOver", &dataLength);
	hfLaunchRefusal refusal;
	const uint32_t entry = hf_launch_prepare(payload, payloadLength, data, dataLength, &refusal);
	if (entry != 0)
		hf_cpu_enter_root(entry, (hfHandOver*)(uintptr_t)HF_HAND_OVER_OUT_BASE);
	xsRangeError("launch: expected %s, found 0x%lx", refusal.expected, (unsigned long)refusal.found);
}

#else

void native_cpu_launch(xsMachine* the) { xsTypeError("launch: expected the ROM, found another stage"); }

#endif
