/* Prints fault reports without help from the C library, whose state may be what broke. */
#include "fault.h"

#include <string.h>

#include "board-config.h"
#include "console-output.h"
#include "cpu.h"
#include "regions.h"

uint8_t hf_fault_stack[HF_FAULT_STACK_LENGTH] __attribute__((aligned(16)));

static volatile uint32_t reporting;

static void print(const char* text) {
	hf_console_write(text, strlen(text));
}

static void print_hex(const char* key, uint32_t value) {
	char digits[10] = "0x";
	for (int index = 0; index < 8; index++)
		digits[2 + index] = "0123456789abcdef"[(value >> (28 - 4 * index)) & 15];
	print(key);
	hf_console_write(digits, sizeof(digits));
}

static void end(void) __attribute__((noreturn));
static void end(void) {
#ifdef HF_ROLE_ROOT
	hf_cpu_reset();
#else
	hf_cpu_power_off(1);
#endif
}

void hf_stop(const char* cause) {
#ifdef HF_ROLE_ROOT
	print("holdfast root reset cause=");
	print(cause);
	print("\r\n");
#else
	(void)cause;
#endif
	end();
}

void hf_fault_report(const hfFault* fault) {
	if (reporting)
		end();
	reporting = 1;
	print("\r\nholdfast fault cause=");
	print(fault->cause);
	print_hex(" address=", fault->address);
	print(" region=");
	print(hf_region_name(fault->address));
	print_hex(" pc=", fault->pc);
	print_hex(" lr=", fault->lr);
	print_hex(" status=", fault->status);
	print(" access=");
	print(fault->access);
	print(" detail=");
	print(fault->detail);
	print(" role=" HF_ROLE_NAME "\r\n");
#ifdef HF_ROLE_RUNTIME /* the registers of the other stages may hold secrets */
	for (uint32_t index = 0; index < fault->registerCount; index++) {
		print((index % 4 == 0) ? "  " : " ");
		print(fault->registerNames[index]);
		print_hex("=", fault->registers[index]);
		if ((index % 4 == 3) || (index + 1 == fault->registerCount))
			print("\r\n");
	}
#endif
	print_hex("  sp=", fault->sp);
	print(" region=");
	print(hf_region_name(fault->sp));
	print("\r\n");
	hf_stop("fault");
}

void hf_fatal(const char* cause) {
	const uint32_t here = (uint32_t)(uintptr_t)__builtin_return_address(0) & ~1u; /* no Thumb bit */
	const hfFault fault = {.cause = cause, .access = "none", .detail = "software", .address = here, .pc = here, .lr = here,
		.sp = (uint32_t)(uintptr_t)__builtin_frame_address(0)};
	hf_fault_report(&fault);
}
