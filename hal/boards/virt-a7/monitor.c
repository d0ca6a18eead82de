/* The root of trust's side of the world switch: protection, interrupt groups, the watchdog, and the normal world's registers. */
#include "board-config.h"

#ifdef HF_ROLE_ROOT

#include "monitor.h"

#include <string.h>

#include "counter.h"
#include "world.h"

/* GICv2 (IHI 0048B 4.3, 4.4). */
enum { GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IGROUPR = 0x080, GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180,
	GICD_IPRIORITYR = 0x400 };
enum { GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_IAR = 0x0c, GICC_EOIR = 0x10 };
enum { BOTH_GROUPS = 3, GROUP_0_IS_FIQ = 1 << 3, EVERY_PRIORITY = 0xff };
/* The highest half of the priorities is the secure world's; every byte the middle of the other half. */
#define NORMAL_PRIORITIES 0xa0a0a0a0u

enum { SECURE_TIMER = 29, INTERRUPT_NUMBER = 0x3ff };

/* SVC mode, ARM state, everything masked: with SCR.AW and FW clear A and F stay so in the normal world. */
enum { FIRST_PSR = 0x1d3 };

_Static_assert(offsetof(hfWorld, pc) == WORLD_PC, "monitor-entry.S has another offset");
_Static_assert(offsetof(hfWorld, svcSp) == WORLD_SVC, "monitor-entry.S has another offset");
_Static_assert(offsetof(hfWorld, fpscr) == WORLD_VFP, "monitor-entry.S has another offset");
_Static_assert(offsetof(hfWorld, secureSp) == WORLD_SECURE_SP, "monitor-entry.S has another offset");

hfWorld hf_world;

static volatile uint32_t* distributor(uint32_t offset) {
	return (volatile uint32_t*)(uintptr_t)(HF_DEVICE_INTERRUPT_DISTRIBUTOR_BASE + offset);
}

static volatile uint32_t* cpu_interface(uint32_t offset) {
	return (volatile uint32_t*)(uintptr_t)(HF_DEVICE_INTERRUPT_CPU_INTERFACE_BASE + offset);
}

/* Everything is the normal world's (group 1, IRQ) but the secure timer (group 0, FIQ), which thus no write of the normal world can
 * disable, mask, outrank or acknowledge. */
static void give_interrupts(void) {
	const uint32_t registers = (*distributor(GICD_TYPER) & 31) + 1;
	*distributor(GICD_CTLR) = 0;
	for (uint32_t index = 0; index < registers; index++) {
		*distributor(GICD_ICENABLER + 4 * index) = UINT32_MAX;
		*distributor(GICD_IGROUPR + 4 * index) = (index == SECURE_TIMER / 32) ? ~(1u << (SECURE_TIMER % 32)) : UINT32_MAX;
	}
	for (uint32_t index = 0; index < 8 * registers; index++)
		*distributor(GICD_IPRIORITYR + 4 * index) = NORMAL_PRIORITIES;
	*distributor(GICD_IPRIORITYR + 4 * (SECURE_TIMER / 4)) = NORMAL_PRIORITIES & ~(0xffu << (8 * (SECURE_TIMER % 4)));
	*distributor(GICD_ISENABLER + 4 * (SECURE_TIMER / 32)) = 1u << (SECURE_TIMER % 32);
	*cpu_interface(GICC_PMR) = EVERY_PRIORITY;
	*cpu_interface(GICC_CTLR) = BOTH_GROUPS | GROUP_0_IS_FIQ;
	*distributor(GICD_CTLR) = BOTH_GROUPS;
}

void hf_monitor_prepare(uint32_t entry, hfHandOver* handOver) {
	hf_watchdog_arm(0);
	give_interrupts();
	hf_world_start();
	memset(&hf_world, 0, sizeof(hf_world));
	hf_world.r[0] = (uint32_t)(uintptr_t)handOver;
	hf_world.pc = entry;
	hf_world.psr = FIRST_PSR;
	handOver->instructions = hf_cpu_instructions();
	handOver->counter = hf_cycle_counter();
	hf_clean_caches();
}

/* Whether it was the watchdog that stopped the normal world. */
static int watchdog_expired(void) {
	const uint32_t acknowledged = *cpu_interface(GICC_IAR);
	if ((acknowledged & INTERRUPT_NUMBER) != SECURE_TIMER)
		return 0;
	hf_watchdog_arm(0);
	*cpu_interface(GICC_EOIR) = acknowledged;
	return 1;
}

int hf_monitor_run(void) {
	int stop;
	hf_cpu_instructions();
	do
		stop = hf_world_run();
	while ((stop == HF_STOP_WATCHDOG) && !watchdog_expired());
	hf_counter_skip();
	return stop;
}

void hf_monitor_call(hfRuntimeCall* call) {
	*call = (hfRuntimeCall){.number = hf_world.r[0], .request = hf_world.r[1], .requestLength = hf_world.r[2], .reply = hf_world.r[3],
		.replyCapacity = hf_world.r[4]};
}

void hf_monitor_answer(uint32_t status, uint32_t replyLength) {
	hf_world.r[0] = status;
	hf_world.r[1] = replyLength;
}

/* The normal world handles its faults itself. */
void hf_monitor_fault(hfRuntimeFault* fault) { memset(fault, 0, sizeof(*fault)); }

int hf_monitor_service(const hfRuntimeCall* call) {
	(void)call;
	return 0;
}

/* The secure copy of the physical timer, which the normal world cannot reach. */
void hf_watchdog_arm(uint32_t milliseconds) {
	if (milliseconds == 0)
		hf_timer_disarm();
	else
		hf_timer_arm(hf_timer_count() + (uint64_t)milliseconds * (HF_TIMER_FREQUENCY / 1000));
}

#endif
