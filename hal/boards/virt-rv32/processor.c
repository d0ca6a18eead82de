/* Counters, timer, sleep, power and the jump to the runtime on virt-rv32. */
#include "board-config.h"
#include "console-output.h"
#include "cpu.h"
#include "csr.h"

enum { MTIMECMP = 0x4000, MTIME = 0xbff8, MIE_TIMER = 1 << 7, MIE_EXTERNAL = 1 << 11 };
enum { FINISHER_PASS = 0x5555, FINISHER_FAIL = 0x3333, FINISHER_RESET = 0x7777 };

const hfHandOver* hf_hand_over_address; /* what start-up code was given */

/* Counter value minus instructions executed. */
static uint64_t notExecuted;

const hfHandOver* hf_hand_over(void) {
#ifdef HF_ROLE_RUNTIME
	const hfHandOver* block = (const hfHandOver*)(uintptr_t)HF_HAND_OVER_BASE;
	if ((hf_hand_over_address == block) && (block->magic == HF_HAND_OVER_MAGIC) && (block->byteLength == sizeof(*block)))
		return block;
#endif
	return NULL;
}

static uint64_t counter(void) {
	uint32_t high, low;
	do {
		high = CSR_READ("minstreth");
		low = CSR_READ("minstret");
	} while (high != CSR_READ("minstreth"));
	return ((uint64_t)high << 32) | low;
}

uint32_t hf_cycle_counter(void) { return CSR_READ("mcycle"); }

uint64_t hf_cpu_instructions(void) { return counter() - notExecuted; }

void hf_cpu_wait_for_interrupt(void) {
	const uint64_t before = counter();
	__asm__ volatile("fence\n\twfi" ::: "memory");
	notExecuted += counter() - before;
}

static volatile uint32_t* timer(uint32_t offset) { return (volatile uint32_t*)(uintptr_t)(HF_TIMER_BASE + offset); }

uint64_t hf_timer_count(void) {
	uint32_t high, low;
	do {
		high = *timer(MTIME + 4);
		low = *timer(MTIME);
	} while (high != *timer(MTIME + 4));
	return ((uint64_t)high << 32) | low;
}

void hf_timer_arm(uint64_t at) {
	*timer(MTIMECMP + 4) = 0xffffffff; /* never lower than both the old and the new value on the way */
	*timer(MTIMECMP) = (uint32_t)at;
	*timer(MTIMECMP + 4) = (uint32_t)(at >> 32);
	CSR_WRITE("mie", CSR_READ("mie") | MIE_TIMER);
}

/* The comparator keeps its value: one in the farthest future is what QEMU jumps to when it counts instructions and all else
 * sleeps, and its clock does not survive that. */
void hf_timer_disarm(void) { CSR_WRITE("mie", CSR_READ("mie") & ~(uint32_t)MIE_TIMER); }

static void finish(uint32_t request) __attribute__((noreturn));
static void finish(uint32_t request) {
	hf_console_flush();
	*(volatile uint32_t*)(uintptr_t)HF_POWER_BASE = request;
	for (;;) {
	}
}

void hf_cpu_reset(void) {
	/* A comparator that a driver left in the farthest future: see hf_timer_disarm; QEMU sleeps while it resets. */
	hf_timer_arm(hf_timer_count() + HF_TIMER_FREQUENCY / 1000);
	finish(FINISHER_RESET);
}

void hf_cpu_power_off(int code) {
	finish((code == 0) ? FINISHER_PASS : ((uint32_t)(code & 0xffff) << 16) | FINISHER_FAIL);
}

#ifdef HF_ROLE_BOOT

extern void hf_lock_for_runtime(const hfHandOver* handOver);

void hf_cpu_enter_runtime(uint32_t entry, hfHandOver* handOver) {
	hf_timer_disarm();
	CSR_WRITE("mie", 0);
	hf_lock_for_runtime(handOver);
	handOver->instructions = hf_cpu_instructions();
	handOver->counter = CSR_READ("minstret");
	__asm__ volatile(".option push\n\t.option arch, +zifencei\n\tfence\n\tfence.i\n\t.option pop" ::: "memory");
	((void (*)(hfHandOver*))(uintptr_t)entry)(handOver);
	__builtin_unreachable();
}

#endif

void hf_processor_start(void) {
	const hfHandOver* handOver = hf_hand_over();
	if (handOver)
		notExecuted = counter() - handOver->instructions - (uint32_t)(CSR_READ("minstret") - handOver->counter);
	/* Pending sources end a wait for interrupt; none is ever taken, since mstatus.MIE stays clear. */
	CSR_WRITE("mie", MIE_TIMER | MIE_EXTERNAL);
}
