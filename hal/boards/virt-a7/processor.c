/* Counters, timer, sleep, power and the jump to the runtime on virt-a7. */
#include "board-config.h"
#include "console-output.h"
#include "cpu.h"
#include "regions.h"

/* PL061 (DDI 0190): direction at 0x400; data at an offset whose bits 9..2 select the pins. */
enum { GPIO_DIRECTION = 0x400, PIN_POWER_OFF = 1 << 0, PIN_RESET = 1 << 1, BOTH_PINS = PIN_POWER_OFF | PIN_RESET };

const hfHandOver* hf_hand_over_address; /* what start-up code was given */

static uint64_t executed;
static uint32_t lastCount;

extern void hf_jump(uint32_t entry, const hfHandOver* handOver) __attribute__((noreturn));

const hfHandOver* hf_hand_over(void) {
#ifdef HF_ROLE_RUNTIME
	const hfHandOver* block = (const hfHandOver*)(uintptr_t)HF_HAND_OVER_BASE;
	if ((hf_hand_over_address == block) && (block->magic == HF_HAND_OVER_MAGIC) && (block->byteLength == sizeof(*block)))
		return block;
#endif
	return NULL;
}

uint32_t hf_cycle_counter(void) {
	uint32_t count;
	__asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(count));
	return count;
}

uint64_t hf_cpu_instructions(void) {
	const uint32_t now = hf_cycle_counter();
	executed += (uint32_t)(now - lastCount);
	lastCount = now;
	return executed;
}

void hf_cpu_wait_for_interrupt(void) {
	hf_cpu_instructions();
	__asm__ volatile("dsb\n\twfi" ::: "memory");
	lastCount = hf_cycle_counter();
}

uint64_t hf_timer_count(void) {
	uint32_t low, high;
	__asm__ volatile("isb\n\tmrrc p15, 0, %0, %1, c14" : "=r"(low), "=r"(high)); /* CNTPCT */
	return ((uint64_t)high << 32) | low;
}

void hf_timer_arm(uint64_t at) {
	__asm__ volatile("mcrr p15, 2, %0, %1, c14" ::"r"((uint32_t)at), "r"((uint32_t)(at >> 32))); /* CNTP_CVAL */
	__asm__ volatile("mcr p15, 0, %0, c14, c2, 1\n\tisb" ::"r"(1)); /* CNTP_CTL: on, unmasked */
}

void hf_timer_disarm(void) { __asm__ volatile("mcr p15, 0, %0, c14, c2, 1\n\tisb" ::"r"(0)); }

static void pull(uint32_t pin) {
	volatile uint32_t* const direction = (volatile uint32_t*)(uintptr_t)(HF_POWER_BASE + GPIO_DIRECTION);
	volatile uint32_t* const pins = (volatile uint32_t*)(uintptr_t)(HF_POWER_BASE + (BOTH_PINS << 2));
	*direction = BOTH_PINS;
	*pins = 0;
	*pins = pin;
}

static void stop(void) __attribute__((noreturn));
static void stop(void) {
	for (;;) {
	}
}

void hf_cpu_reset(void) {
	hf_console_flush();
	pull(PIN_RESET);
	stop();
}

/* The board has no way to pass the code on: the console is how a host learns it. */
void hf_cpu_power_off(int code) {
	(void)code;
	hf_console_flush();
	pull(PIN_POWER_OFF);
	stop();
}

#ifdef HF_ROLE_BOOT

/* Cleans and invalidates the data caches by set and way (DDI 0406C B2.2.4): the runtime starts with them off. */
static void clean_caches(void) {
	for (uint32_t level = 0; level < 2; level++) {
		uint32_t size;
		__asm__ volatile("mcr p15, 2, %1, c0, c0, 0\n\tisb\n\tmrc p15, 1, %0, c0, c0, 0" : "=r"(size) : "r"(level << 1));
		const uint32_t lineShift = (size & 7) + 4, ways = ((size >> 3) & 0x3ff) + 1, sets = ((size >> 13) & 0x7fff) + 1;
		const uint32_t wayShift = (ways == 1) ? 0 : (uint32_t)__builtin_clz(ways - 1);
		for (uint32_t way = 0; way < ways; way++) {
			for (uint32_t set = 0; set < sets; set++)
				__asm__ volatile("mcr p15, 0, %0, c7, c14, 2" ::"r"((way << wayShift) | (set << lineShift) | (level << 1)));
		}
	}
	__asm__ volatile("dsb" ::: "memory");
}

void hf_cpu_enter_runtime(uint32_t entry, hfHandOver* handOver) {
	hf_timer_disarm();
	handOver->instructions = hf_cpu_instructions();
	handOver->counter = lastCount;
	clean_caches();
	hf_jump(entry, handOver);
}

#endif

void hf_processor_start(void) {
	const hfHandOver* handOver = hf_hand_over();
	executed = handOver ? handOver->instructions : 0;
	lastCount = handOver ? handOver->counter : 0;
}
