/* The fault report that exception vectors print. */
#ifndef HOLDFAST_FAULT_H
#define HOLDFAST_FAULT_H

#include <stdint.h>

enum { HF_FAULT_STACK_LENGTH = 2048 };

typedef struct {
	const char* cause; /* words joined by '-' */
	const char* access; /* "read", "write", "execute" or "none" */
	const char* detail; /* kind of violation, in the processor's terms */
	uint32_t address;
	uint32_t pc;
	uint32_t lr;
	uint32_t sp;
	uint32_t status; /* the processor's own fault status or cause register */
	const uint32_t* registers;
	const char* const* registerNames;
	uint32_t registerCount;
} hfFault;

extern uint8_t hf_fault_stack[HF_FAULT_STACK_LENGTH];

/* Prints the report and ends with hf_stop. A fault from then on prints nothing. */
void hf_fault_report(const hfFault* fault) __attribute__((noreturn));

#endif
