/* Turns a trap into a fault report (Privileged ISA 1.12, table 3.6). */
#include "board-config.h"
#include "cpu.h"
#include "fault.h"
#include "protection.h"
#include "saved-state.h"

static const struct {
	const char* cause;
	const char* access;
} exceptions[] = {
	{"instruction-misaligned", "execute"}, {"instruction-access", "execute"}, {"illegal-instruction", "execute"},
	{"breakpoint", "execute"}, {"load-misaligned", "read"}, {"load-access", "read"}, {"store-misaligned", "write"},
	{"store-access", "write"}, {"call-from-user", "execute"}, {"call-from-supervisor", "execute"}, {"reserved", "none"},
	{"call-from-machine", "execute"},
};

static const char* const names[] = {
	"ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
	"s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

void hf_exception(const hfSavedState* state) __attribute__((noreturn));

void hf_exception(const hfSavedState* state) {
	const uint32_t cause = state->cause;
#ifdef HF_ROLE_ROOT
	hf_protection_switch(0); /* should it have happened on the way to user mode: the report needs the serial port */
#endif
	hfFault fault = {.cause = "interrupt", .access = "none", .detail = "none", .address = state->value, .pc = state->pc,
		.lr = state->x[0], .sp = state->x[1], .status = cause, .registers = state->x, .registerNames = names,
		.registerCount = 31};
	if (!(cause >> 31)) {
		const uint32_t index = (cause < sizeof(exceptions) / sizeof(exceptions[0])) ? cause : 10;
		fault.cause = exceptions[index].cause;
		fault.access = exceptions[index].access;
		if ((cause == 1) || (cause == 5) || (cause == 7))
			fault.detail = "protection-or-no-device";
		else if (cause == 2)
			fault.address = state->pc; /* the value is the instruction's bits, or nothing */
	}
	hf_fault_report(&fault);
}
