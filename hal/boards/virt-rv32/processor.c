/* Counters, timer, sleep, power and the jump to the root of trust on virt-rv32; user mode asks machine mode for what it may not. */
#include "processor.h"

#include "board-config.h"
#include "console-output.h"
#include "cpu.h"
#include "csr.h"

hfHandOver* hf_hand_over_address; /* what start-up code was given */

/* Counter value minus instructions executed. */
static uint64_t notExecuted;

hfHandOver* hf_hand_over(void) {
#ifndef HF_ROLE_ROM
	hfHandOver* block = (hfHandOver*)(uintptr_t)HF_HAND_OVER_IN_BASE;
	if ((hf_hand_over_address == block) && (block->magic == HF_HAND_OVER_MAGIC) && (block->byteLength == sizeof(*block)))
		return block;
#endif
	return NULL;
}

#define READ_PAIR(low, high)                               \
	({                                                     \
		uint32_t lowHalf, highHalf;                        \
		do {                                               \
			highHalf = CSR_READ(high);                     \
			lowHalf = CSR_READ(low);                       \
		} while (highHalf != CSR_READ(high));              \
		((uint64_t)highHalf << 32) | lowHalf;              \
	})

/* The shadows that user mode may read; in machine mode they are the same counters. */
static uint64_t counter(void) { return READ_PAIR("instret", "instreth"); }

uint32_t hf_cycle_counter(void) { return CSR_READ("cycle"); }

/* Where the emulator does not count, the counter is the host's clock, which may step back between two of its processors. */
uint64_t hf_cpu_instructions(void) {
	const uint64_t now = counter();
	return (now > notExecuted) ? now - notExecuted : 0;
}

void hf_cpu_uncount(uint64_t since) { notExecuted = counter() - since; }

uint64_t hf_timer_count(void) { return READ_PAIR("time", "timeh"); }

#ifdef HF_ROLE_RUNTIME

#include "root-call.h"
#include "services.h"

static void service(uint32_t number, uint32_t first, uint32_t second) {
	register uint32_t a0 __asm__("a0") = number;
	register uint32_t a1 __asm__("a1") = first;
	register uint32_t a2 __asm__("a2") = second;
	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2) : "memory");
}

void hf_cpu_wait_for_interrupt(void) {
	const uint64_t before = counter();
	service(HF_SERVICE_WAIT, 0, 0);
	notExecuted += counter() - before;
}

void hf_timer_arm(uint64_t at) { service(HF_SERVICE_TIMER_ARM, (uint32_t)at, (uint32_t)(at >> 32)); }

void hf_timer_disarm(void) { service(HF_SERVICE_TIMER_DISARM, 0, 0); }

static void stop(uint32_t call, uint8_t code) __attribute__((noreturn));
static void stop(uint32_t call, uint8_t code) {
	uint32_t none;
	hf_console_flush();
	/* Should the root of trust refuse, there is nothing else to do than to ask again until its watchdog ends us. */
	for (;;)
		hf_root_call(call, &code, sizeof(code), NULL, 0, &none);
}

enum { REASON_REQUESTED = 1 };

void hf_cpu_reset(void) { stop(HF_CALL_RESET, REASON_REQUESTED); }
void hf_cpu_power_off(int code) { stop(HF_CALL_POWER_OFF, (uint8_t)code); }

#else

#include "protection.h"

enum { COMPARE = 0x4000, FINISHER_PASS = 0x5555, FINISHER_FAIL = 0x3333, FINISHER_RESET = 0x7777 };

void hf_cpu_wait_for_interrupt(void) {
	const uint64_t before = counter();
	__asm__ volatile("fence\n\twfi" ::: "memory");
	notExecuted += counter() - before;
}

void hf_comparator_set(uint64_t at) {
	volatile uint32_t* const compare = (volatile uint32_t*)(uintptr_t)(HF_TIMER_BASE + COMPARE);
	compare[1] = UINT32_MAX; /* never lower than both the old and the new value on the way */
	compare[0] = (uint32_t)at;
	compare[1] = (uint32_t)(at >> 32);
}

void hf_timer_arm(uint64_t at) {
	hf_comparator_set(at);
	CSR_WRITE("mie", CSR_READ("mie") | HF_INTERRUPT_TIMER);
}

/* The comparator keeps its value: one in the farthest future is what QEMU jumps to when it counts instructions and all else
 * sleeps, and its clock does not survive that. */
void hf_timer_disarm(void) { CSR_WRITE("mie", CSR_READ("mie") & ~HF_INTERRUPT_TIMER); }

static void finish(uint32_t request) __attribute__((noreturn));
static void finish(uint32_t request) {
	hf_console_flush();
	*(volatile uint32_t*)(uintptr_t)HF_POWER_BASE = request;
	for (;;) {
	}
}

void hf_cpu_reset(void) { finish(FINISHER_RESET); }

void hf_cpu_power_off(int code) {
	finish((code == 0) ? FINISHER_PASS : ((uint32_t)(code & 0xffff) << 16) | FINISHER_FAIL);
}

#ifdef HF_ROLE_ROM

enum { VIRTIO_STATUS = 0x70 };

extern void hf_jump_wiped(uint32_t entry, const hfHandOver* handOver, uint32_t wipeStart, uint32_t wipeEnd) __attribute__((noreturn));

void hf_cpu_enter_root(uint32_t entry, hfHandOver* handOver) {
	CSR_WRITE("mie", 0);
	/* A device that was left running could write to any memory: PMP does not bind it, and nobody can stop it later. */
	*(volatile uint32_t*)(uintptr_t)(HF_DEVICE_VIRTIO0_BASE + VIRTIO_STATUS) = 0;
	for (uint32_t address = HF_MEMORY_DMA_BASE; address < HF_MEMORY_DMA_BASE + HF_MEMORY_DMA_LENGTH; address += 4)
		*(volatile uint32_t*)(uintptr_t)address = 0;
	handOver->instructions = hf_cpu_instructions();
	handOver->counter = CSR_READ("instret");
	hf_protection_hand_over(handOver->payload - HF_NEXT_HEADER_LENGTH, handOver->payload + handOver->codeLength);
	__asm__ volatile(".option push\n\t.option arch, +zifencei\n\tfence\n\tfence.i\n\t.option pop" ::: "memory");
	hf_jump_wiped(entry, handOver, HF_MEMORY_SECURE_RAM_BASE, HF_MEMORY_SECURE_RAM_BASE + HF_MEMORY_SECURE_RAM_LENGTH);
}

#endif

#endif

void hf_processor_start(void) {
	const hfHandOver* handOver = hf_hand_over();
	if (handOver)
		notExecuted = counter() - handOver->instructions - (uint32_t)(CSR_READ("instret") - handOver->counter);
#ifndef HF_ROLE_RUNTIME
	/* Pending sources end a wait for interrupt; none is ever taken, since mstatus.MIE stays clear. */
	CSR_WRITE("mie", HF_INTERRUPT_TIMER | HF_INTERRUPT_EXTERNAL);
#endif
}
