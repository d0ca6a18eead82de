/* Counters, timer, sleep, power and the jump to the root of trust on virt-a7. */
#include "board-config.h"
#include "console-output.h"
#include "counter.h"
#include "cpu.h"
#include "regions.h"
#ifdef HF_ROLE_RUNTIME
#include "root-call.h"
#endif

hfHandOver* hf_hand_over_address; /* what start-up code was given */

static uint64_t executed;
static uint32_t lastCount;

hfHandOver* hf_hand_over(void) {
#ifndef HF_ROLE_ROM
	hfHandOver* block = (hfHandOver*)(uintptr_t)HF_HAND_OVER_IN_BASE;
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

void hf_counter_skip(void) { lastCount = hf_cycle_counter(); }

void hf_cpu_uncount(uint64_t since) {
	hf_counter_skip();
	executed = since;
}

void hf_cpu_wait_for_interrupt(void) {
	hf_cpu_instructions();
	__asm__ volatile("dsb\n\twfi" ::: "memory");
	hf_counter_skip();
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

static void stop(void) __attribute__((noreturn));
static void stop(void) {
	for (;;) {
	}
}

#ifdef HF_ROLE_RUNTIME

/* Only the root of trust reaches the pins. If it does not do it, its watchdog does. */
static void ask(uint32_t call, uint8_t argument) __attribute__((noreturn));
static void ask(uint32_t call, uint8_t argument) {
	uint32_t replyLength;
	hf_console_flush();
	hf_root_call(call, &argument, sizeof(argument), NULL, 0, &replyLength);
	stop();
}

void hf_cpu_reset(void) { ask(HF_CALL_RESET, HF_RESET_REQUESTED); }

void hf_cpu_power_off(int code) { ask(HF_CALL_POWER_OFF, (uint8_t)code); }

#else

/* PL061 (DDI 0190): direction at 0x400; data at an offset whose bits 9..2 select the pins. */
enum { GPIO_DIRECTION = 0x400, PIN_POWER_OFF = 1 << 0, PIN_RESET = 1 << 1, BOTH_PINS = PIN_POWER_OFF | PIN_RESET };

static void pull(uint32_t pin) __attribute__((noreturn));
static void pull(uint32_t pin) {
	volatile uint32_t* const direction = (volatile uint32_t*)(uintptr_t)(HF_POWER_BASE + GPIO_DIRECTION);
	volatile uint32_t* const pins = (volatile uint32_t*)(uintptr_t)(HF_POWER_BASE + (BOTH_PINS << 2));
	hf_console_flush();
	*direction = BOTH_PINS;
	*pins = 0;
	*pins = pin;
	stop();
}

void hf_cpu_reset(void) { pull(PIN_RESET); }

/* The board has no way to pass the code on: the console is how a host learns it. */
void hf_cpu_power_off(int code) {
	(void)code;
	pull(PIN_POWER_OFF);
}

#endif

#ifdef HF_ROLE_ROM

extern void hf_leave(uint32_t entry, const hfHandOver* handOver) __attribute__((noreturn));

void hf_cpu_enter_root(uint32_t entry, hfHandOver* handOver) {
	hf_timer_disarm();
	handOver->instructions = hf_cpu_instructions();
	handOver->counter = lastCount;
	hf_leave(entry, handOver);
}

#endif

void hf_processor_start(void) {
	const hfHandOver* handOver = hf_hand_over();
	executed = handOver ? handOver->instructions : 0;
	lastCount = handOver ? handOver->counter : 0;
}
