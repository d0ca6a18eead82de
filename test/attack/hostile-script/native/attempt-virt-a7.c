/* Attempts in the normal world of virt-a7, whose own MMU is off unless an attempt is to be protected. */
#include "attempt.h"

/* test/boards/worlds/native/hostile-entry-virt-a7.S */
int hf_hostile_run(hfAction action, uint32_t first, uint32_t second, uint32_t unprotected);

int hf_attempt(hfAction action, uint32_t argument, int isProtected) {
	return hf_hostile_run(action, argument, 0, !isProtected);
}

void hf_attempts_end(void) {}

uint32_t hf_attempt_control_registers(uint8_t access[HF_CONTROL_REGISTERS]) {
	(void)access;
	return 0;
}
