/* A first stage that leaves secrets all over its RAM, and a root of trust that breaks the rule that the scenario names or runs
 * the runtime until it stops. */
#include <string.h>

#include "board-config.h"
#include "cpu.h"
#include "csr.h"
#include "flash-routine.h"
#include "launch.h"
#include "monitor.h"
#include "regions.h"
#include "root-call.h"
#include "say.h"

#define WORD(address) (*(volatile uint32_t*)(uintptr_t)(address))

static const char* scenario(void) { return (const char*)(uintptr_t)HF_PARTITION_LIFECYCLE_BASE; }

enum { PAYLOAD_LENGTH_OFFSET = 12 };

/* Slot A of the next stage, or slot B where A is erased. */
static uint32_t next_slot(void) {
	return (WORD(HF_NEXT_SLOT_A_BASE + PAYLOAD_LENGTH_OFFSET) != UINT32_MAX) ? HF_NEXT_SLOT_A_BASE : HF_NEXT_SLOT_B_BASE;
}

static uint32_t prepare_next(hfLaunchRefusal* refusal) {
	const uint32_t slot = next_slot();
	return hf_launch_prepare(slot + HF_NEXT_HEADER_LENGTH, WORD(slot + PAYLOAD_LENGTH_OFFSET), scenario(), SCENARIO_LENGTH, refusal);
}

#ifdef HF_ROLE_ROM

enum { SECRET = 0x5ec2e701 };

int main(void) {
	hfLaunchRefusal refusal;
	say("world rom secret=%08lx", (unsigned long)WORD(HF_PARTITION_DEVICE_SECRET_BASE));
	const uint32_t entry = prepare_next(&refusal);
	if (entry == 0) {
		say("world rom refused=%s", refusal.expected);
		return 1;
	}
	for (volatile uint32_t* word = (volatile uint32_t*)(uintptr_t)_arena_start; word < (volatile uint32_t*)(uintptr_t)_arena_end; word++)
		*word = SECRET;
	for (volatile uint32_t* word = (volatile uint32_t*)(uintptr_t)_stack_bottom; word < (volatile uint32_t*)(uintptr_t)_stack_bottom + 64; word++)
		*word = SECRET;
	hf_cpu_enter_root(entry, (hfHandOver*)(uintptr_t)HF_HAND_OVER_OUT_BASE);
}

#else

static int is(const char* name) { return !strcmp(scenario(), name); }

static void execute(uint32_t address) { ((void (*)(void))(uintptr_t)address)(); }

static uint32_t ownData[4] __attribute__((aligned(16))) = {0x00008067, 0x00008067, 0x00008067, 0x00008067}; /* ret */

/* Rules of the root of trust's own protection, each of which ends it with a fault. */
static void break_a_rule(void) {
	if (is("read-device-secret"))
		say("read %08lx", (unsigned long)WORD(HF_PARTITION_DEVICE_SECRET_BASE));
	if (is("read-last-of-device-secret"))
		say("read %08lx", (unsigned long)WORD(HF_PARTITION_DEVICE_SECRET_BASE + HF_PARTITION_DEVICE_SECRET_LENGTH - 4));
	if (is("write-device-secret"))
		WORD(HF_PARTITION_DEVICE_SECRET_BASE) = 0x00ff00ff;
	if (is("write-own-code"))
		WORD((uintptr_t)_text_start) = 0;
	if (is("write-flash-routine"))
		WORD(HF_MEMORY_FLASH_ROUTINE_BASE) = 0;
	if (is("write-rom"))
		WORD(HF_PARTITION_ROM_BASE) = 0x00ff00ff;
	if (is("read-storage"))
		say("read %08lx", (unsigned long)WORD(HF_PARTITION_STORAGE_BASE));
	if (is("read-dma-device"))
		say("read %08lx", (unsigned long)WORD(HF_DEVICE_VIRTIO0_BASE));
	if (is("read-dma-memory"))
		say("read %08lx", (unsigned long)WORD(HF_MEMORY_DMA_BASE));
	if (is("execute-own-data"))
		execute((uint32_t)(uintptr_t)ownData);
	if (is("execute-behind-own-code"))
		execute((uint32_t)(uintptr_t)_image_end);
	if (is("execute-user-code"))
		execute(HF_PARTITION_RUNTIME_A_BASE + HF_NEXT_HEADER_LENGTH + 64);
	if (is("execute-user-memory")) {
		WORD(HF_RUNTIME_RAM_BASE) = 0x00008067;
		execute(HF_RUNTIME_RAM_BASE);
	}
	if (is("overflow-stack"))
		WORD((uintptr_t)_stack_bottom - 4) = 1;
	if (is("read-null")) {
		volatile uint32_t* volatile null = NULL;
		say("read %08lx", (unsigned long)*null);
	}
}

/* What was locked stays as it is, whatever is written. */
static void check_locks(void) {
	CSR_WRITE("pmpaddr0", 0);
	CSR_WRITE(CSR_MSECCFG, 7);
	CSR_WRITE(CSR_MSECCFG, 0);
	/* An entry that would let machine mode execute user memory. */
	CSR_WRITE("pmpaddr12", (HF_RUNTIME_RAM_BASE >> 2) | 0x1ff);
	CSR_WRITE("pmpcfg3", CSR_READ("pmpcfg3") | 0x9d);
	say("world locks pmpaddr0=%08lx pmpcfg0=%08lx pmpcfg3=%08lx mseccfg=%lx", (unsigned long)CSR_READ("pmpaddr0"),
		(unsigned long)CSR_READ("pmpcfg0"), (unsigned long)CSR_READ("pmpcfg3"), (unsigned long)CSR_READ(CSR_MSECCFG));
}

static uint32_t left_over(void) {
	uint32_t count = 0;
	for (volatile uint32_t* word = (volatile uint32_t*)(uintptr_t)_arena_start; word < (volatile uint32_t*)(uintptr_t)_arena_end; word++)
		count += *word != 0;
	for (volatile uint32_t* word = (volatile uint32_t*)(uintptr_t)_stack_bottom; word < (volatile uint32_t*)(uintptr_t)_stack_bottom + 64; word++)
		count += *word != 0;
	return count;
}

/* Erases and programs the bank that this program runs from. */
static int use_own_bank(void) {
	uint8_t bytes[128];
	volatile uint32_t* const target = (volatile uint32_t*)(uintptr_t)(HF_PARTITION_LOG_BASE + 4096 - 64);
	for (uint32_t index = 0; index < sizeof(bytes); index++)
		bytes[index] = (uint8_t)(index * 7 + 1);
	hf_flash_erase((volatile uint32_t*)(uintptr_t)HF_PARTITION_LOG_BASE);
	if (*target != UINT32_MAX)
		return 0;
	hf_flash_program(target, bytes, 64);
	hf_flash_program(target + 16, bytes + 64, 64);
	return !memcmp((const void*)(uintptr_t)target, bytes, sizeof(bytes));
}

static uint64_t watchedFrom;

static void answer(const hfRuntimeCall* call) {
	switch (call->number) {
	case CALL_ECHO_REGISTERS:
		hf_monitor_answer(call->request ^ call->requestLength ^ call->reply ^ call->replyCapacity, 0x600d);
		break;
	case CALL_WATCH:
		watchedFrom = hf_timer_count();
		hf_watchdog_arm(call->request);
		hf_monitor_answer(0, 0);
		break;
	case CALL_FLASH:
		hf_monitor_answer((uint32_t)use_own_bank(), 0);
		break;
	case HF_CALL_POWER_OFF:
		say("world power-off code=%lu", (unsigned long)*(const uint8_t*)(uintptr_t)call->request);
		hf_cpu_power_off(0);
	default:
		hf_monitor_answer(HF_STATUS_CALL_UNKNOWN, 0);
	}
}

static void run(void) {
	for (;;) {
		hfRuntimeCall call;
		hfRuntimeFault fault;
		switch (hf_monitor_run()) {
		case HF_STOP_CALL:
			hf_monitor_call(&call);
			if (call.number < HF_SERVICE_FIRST)
				answer(&call);
			else if (!hf_monitor_service(&call))
				hf_monitor_answer(HF_STATUS_CALL_UNKNOWN, 0);
			break;
		case HF_STOP_WATCHDOG:
			say("world watchdog milliseconds=%lu", (unsigned long)((hf_timer_count() - watchedFrom) / (HF_TIMER_FREQUENCY / 1000)));
			hf_cpu_power_off(0);
		default:
			hf_monitor_fault(&fault);
			say("world fault cause=%lu address=%08lx pc=%08lx", (unsigned long)fault.cause, (unsigned long)fault.address,
				(unsigned long)fault.pc);
			hf_cpu_power_off(0);
		}
	}
}

int main(void) {
	hfLaunchRefusal refusal;
	const hfHandOver* handOver = hf_hand_over();
	say("world root left-over=%lu handed-over=%s", (unsigned long)left_over(),
		(handOver && !memcmp(handOver->data, scenario(), SCENARIO_LENGTH)) ? "yes" : "no");
	check_locks();
	const uint32_t entry = prepare_next(&refusal);
	if (entry == 0) {
		say("world root refused=%s", refusal.expected);
		return 1;
	}
	hf_monitor_prepare(entry, (hfHandOver*)(uintptr_t)HF_HAND_OVER_OUT_BASE);
	break_a_rule();
	say("world flash=%s", use_own_bank() ? "ok" : "BAD");
	run();
}

#endif
