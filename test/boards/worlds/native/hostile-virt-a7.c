/* What the normal world of virt-a7 tries: calls from every mode and state, and registers that belong to the secure world. */
#include "hostile.h"

#include <string.h>

#include "board-config.h"
#include "root-call.h"

enum { WORDS = 13 + 64 + 1, FIRST_UNUSED = 5 };
enum { MODE_FIQ = 0x11, MODE_IRQ = 0x12, MODE_SVC = 0x13, MODE_ABT = 0x17, MODE_UND = 0x1b, MODE_SYS = 0x1f, MODE_BITS = 0x1f };

/* hostile-entry-virt-a7.S */
void hf_hostile_registers(const uint32_t in[WORDS], uint32_t out[WORDS]);
void hf_hostile_mode(uint32_t mode, uint32_t out[6]);
uint32_t hf_hostile_thumb(uint32_t number);
uint32_t hf_hostile_big_endian(uint32_t number);
uint32_t hf_hostile_vfp(uint32_t number, uint8_t* reply, uint32_t out[4]);
int hf_hostile_run(uint32_t (*action)(uint32_t, uint32_t), uint32_t first, uint32_t second, uint32_t unprotected);
uint32_t hf_hostile_read(uint32_t address, uint32_t unused);
uint32_t hf_hostile_write(uint32_t address, uint32_t value);

static int registers_are_kept(void) {
	uint32_t in[WORDS], out[WORDS];
	for (uint32_t index = 0; index < WORDS; index++)
		in[index] = 0x01010101u * (index + 1);
	in[0] = HF_TRIAL_ECHO;
	in[1] = in[2] = in[3] = in[4] = 0;
	in[WORDS - 1] = 0x01c00000; /* flush to zero, towards zero */
	hf_hostile_registers(in, out);
	return (out[0] == 0) && (out[1] == 0) && (memcmp(&in[2], &out[2], sizeof(in) - 8) == 0);
}

/* A program status register comes back as it went, with the stack pointer, link register and saved status of that mode. */
static int any_mode_calls(void) {
	static const uint8_t modes[] = {MODE_SVC, MODE_SYS, MODE_IRQ, MODE_FIQ, MODE_ABT, MODE_UND};
	for (uint32_t index = 0; index < sizeof(modes); index++) {
		uint32_t out[6];
		hf_hostile_mode(modes[index], out);
		if ((out[0] != 0) || (out[1] != out[2]) || ((out[1] & MODE_BITS) != modes[index]) || (out[3] != 0x12345678)
			|| (out[4] != 0x87654321))
			return 0;
		if ((modes[index] != MODE_SYS) && (out[5] != 0x600001d0))
			return 0;
	}
	return 1;
}

static int thumb_calls(void) { return hf_hostile_thumb(HF_TRIAL_ECHO) == 0; }

static int big_endian_calls(void) { return hf_hostile_big_endian(HF_TRIAL_ECHO) == 0; }

static int vfp_off_and_odd_changes_nothing(void) {
	uint8_t reply[16];
	uint32_t out[4];
	return (hf_hostile_vfp(HF_TRIAL_ARITHMETIC, reply, out) == 0) && hf_is_arithmetic(reply) && (out[0] == out[1])
		&& (out[2] == out[3]);
}

static uint32_t call_arithmetic(uint32_t reply, uint32_t unused) {
	uint32_t replyLength;
	return unused + hf_root_call(HF_TRIAL_ARITHMETIC, NULL, 0, (void*)(uintptr_t)reply, 16, &replyLength);
}

static int protection_off_calls(void) {
	uint8_t reply[16];
	return !hf_hostile_run(call_arithmetic, (uint32_t)(uintptr_t)reply, 0, 1) && hf_is_arithmetic(reply);
}

static int monitor_mode_is_out_of_reach(void) {
	uint32_t status, mode = 0x16;
	__asm__ volatile("cps #0x16\n\tmrs %0, cpsr" : "=r"(status)::"memory");
	if ((status & MODE_BITS) != MODE_SVC)
		return 0;
	__asm__ volatile("mrs %0, cpsr\n\tbic %0, %0, #0x1f\n\torr %0, %0, %1\n\tmsr cpsr_c, %0\n\tmrs %0, cpsr"
		: "=&r"(status) : "r"(mode) : "memory");
	return (status & MODE_BITS) == MODE_SVC;
}

#define TRY_WRITE(name, operands)                                                                    \
	static uint32_t name(uint32_t value, uint32_t unused) {                                          \
		(void)unused;                                                                                \
		__asm__ volatile("mcr p15, 0, %0, " operands ::"r"(value));                                  \
		return 0;                                                                                    \
	}
TRY_WRITE(write_scr, "c1, c1, 0")
TRY_WRITE(write_nsacr, "c1, c1, 2")
TRY_WRITE(write_mvbar, "c12, c0, 1")
TRY_WRITE(write_frequency, "c14, c0, 0")

static uint32_t read_scr(uint32_t unused, uint32_t second) {
	uint32_t value;
	(void)unused;
	__asm__ volatile("mrc p15, 0, %0, c1, c1, 0" : "=r"(value));
	return value + second;
}

static int secure_registers_are_out_of_reach(void) {
	return hf_hostile_run(write_scr, 0, 0, 0) && hf_hostile_run(read_scr, 0, 0, 0) && hf_hostile_run(write_nsacr, 0, 0, 0)
		&& hf_hostile_run(write_mvbar, 0, 0, 0) && hf_hostile_run(write_frequency, 1, 0, 0);
}

static volatile uint32_t* distributor(uint32_t offset) {
	return (volatile uint32_t*)(uintptr_t)(HF_DEVICE_INTERRUPT_DISTRIBUTOR_BASE + offset);
}

/* Enable, group, pending, priority and target of interrupt 29. What it would show, the watchdog does: this runs before it. */
static int watchdog_interrupt_is_out_of_sight(void) {
	const uint32_t bit = 1u << 29;
	*distributor(0x080) = UINT32_MAX;
	*distributor(0x180) = bit;
	*distributor(0x280) = bit;
	*distributor(0x380) = bit;
	*distributor(0x41c) = UINT32_MAX;
	*distributor(0x81c) = 0;
	*distributor(0x200) = bit;
	return !(*distributor(0x100) & bit) && !(*distributor(0x200) & bit) && !(*distributor(0x41c) & 0xff00);
}

#define DEBUG_WRITE(value, operands) __asm__ volatile("mcr p14, 0, %0, " operands ::"r"((uint32_t)(value)))

/* A watchpoint on all secure RAM, in both worlds and at all levels, would end the root of trust at its next step. */
static int watchpoints_stay_outside(void) {
	uint8_t reply[16];
	uint32_t replyLength;
	DEBUG_WRITE(0, "c1, c0, 4"); /* DBGOSLAR: unlocked */
	DEBUG_WRITE(0x0e000000, "c0, c0, 6"); /* DBGWVR0 */
	DEBUG_WRITE((20u << 24) | (1 << 13) | (0xff << 5) | (3 << 3) | (3 << 1) | 1, "c0, c0, 7"); /* DBGWCR0 */
	DEBUG_WRITE(1 << 15, "c0, c2, 2"); /* DBGDSCR.MDBGen */
	const uint32_t status = hf_root_call(HF_TRIAL_ARITHMETIC, NULL, 0, reply, sizeof(reply), &replyLength);
	DEBUG_WRITE(0, "c0, c0, 7");
	return (status == 0) && hf_is_arithmetic(reply);
}

/* The ROM's random source and the emulator's device tree were there. */
static int device_memory_is_empty(void) {
	const uint32_t* const words = (const uint32_t*)(uintptr_t)HF_MEMORY_DMA_BASE;
	for (uint32_t index = 0; index < HF_MEMORY_DMA_LENGTH / sizeof(*words); index++) {
		if (words[index] != 0)
			return 0;
	}
	return 1;
}

const hfTrial hf_trials[] = {
	{"device-memory-is-empty", device_memory_is_empty},
	{"registers-are-kept", registers_are_kept},
	{"calls-come-from-any-mode", any_mode_calls},
	{"calls-come-from-thumb", thumb_calls},
	{"calls-come-from-big-endian-code", big_endian_calls},
	{"vfp-off-and-odd-changes-nothing", vfp_off_and_odd_changes_nothing},
	{"calls-come-without-mmu", protection_off_calls},
	{"monitor-mode-is-out-of-reach", monitor_mode_is_out_of_reach},
	{"secure-registers-are-out-of-reach", secure_registers_are_out_of_reach},
	{"watchpoints-stay-outside", watchpoints_stay_outside},
	{"watchdog-interrupt-is-out-of-sight", watchdog_interrupt_is_out_of_sight},
};
const uint32_t hf_trial_count = sizeof(hf_trials) / sizeof(hf_trials[0]);

int hf_out_of_reach(uint32_t address, uint32_t how) {
	if (how == HF_EXECUTE)
		return hf_hostile_run((uint32_t(*)(uint32_t, uint32_t))(uintptr_t)address, 0, 0, 1);
	return hf_hostile_run((how == HF_WRITE) ? hf_hostile_write : hf_hostile_read, address, 0, 1);
}
