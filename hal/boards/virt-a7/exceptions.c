/* Decodes exceptions into a fault report (ARMv7-A, DDI 0406C: B3.13 fault status, B1.8 exceptions). */
#include "cpu.h"
#include "fault.h"

/* As start.S pushes it. */
typedef struct {
	uint32_t spsr;
	uint32_t kind;
	uint32_t sp;
	uint32_t lr;
	uint32_t r[13];
	uint32_t pc;
} hfSavedState;

enum { UNDEFINED = 1, SUPERVISOR_CALL, PREFETCH_ABORT, DATA_ABORT, RESERVED, INTERRUPT, FAST_INTERRUPT };
enum { SPSR_THUMB = 1 << 5, DFSR_WRITE = 1 << 11 };

static const char* const causes[] = {
	"unknown", "undefined", "supervisor-call", "prefetch-abort", "data-abort", "reserved", "interrupt", "fast-interrupt",
};

static const char* const names[] = {
	"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12",
};

/* FS[4] is bit 10, FS[3:0] are bits 3..0; short descriptors. */
static const char* fault_status(uint32_t status) {
	switch (((status >> 6) & 0x10) | (status & 0xf)) {
		case 0x01: return "alignment";
		case 0x02: return "debug";
		case 0x03: case 0x06: return "access-flag";
		case 0x04: return "cache-maintenance";
		case 0x05: case 0x07: return "not-mapped";
		case 0x08: return "no-device";
		case 0x09: case 0x0b: return "domain";
		case 0x0c: case 0x0e: return "table-walk";
		case 0x0d: case 0x0f: return "permission";
		case 0x16: return "asynchronous-external";
		default: return "other";
	}
}

void hf_exception(const hfSavedState* state) __attribute__((noreturn));

void hf_exception(const hfSavedState* state) {
	hfFault fault = {.cause = causes[state->kind], .access = "none", .detail = "none", .pc = state->pc, .lr = state->lr,
		.sp = state->sp, .status = state->spsr, .registers = state->r, .registerNames = names, .registerCount = 13};
	if (state->kind == DATA_ABORT) {
		__asm__ volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(fault.status));
		__asm__ volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(fault.address));
		fault.access = (fault.status & DFSR_WRITE) ? "write" : "read";
		fault.detail = fault_status(fault.status);
	}
	else if (state->kind == PREFETCH_ABORT) {
		__asm__ volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(fault.status));
		__asm__ volatile("mrc p15, 0, %0, c6, c0, 2" : "=r"(fault.address));
		fault.access = "execute";
		fault.detail = fault_status(fault.status);
	}
	else if ((state->kind == UNDEFINED) || (state->kind == SUPERVISOR_CALL)) {
		if (state->spsr & SPSR_THUMB)
			fault.pc += 2;
		fault.address = fault.pc;
		fault.access = "execute";
	}
	hf_fault_report(&fault);
}
