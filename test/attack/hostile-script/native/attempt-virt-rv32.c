/* Attempts in user mode of virt-rv32, whose protection nothing in user mode can switch off. */
#include "attempt.h"

#include "saved-state.h"
#include "services.h"

/* test/boards/worlds/native/hostile-entry-virt-rv32.S */
int hf_hostile_run(hfAction action, uint32_t argument);
uint32_t hf_hostile_service(uint32_t number, uint32_t first, uint32_t second);
extern char hf_hostile_fault[], hf_hostile_report[];

/* control-registers-virt-rv32.S: 8 bytes each. */
extern char hf_control_register_reads[], hf_control_register_writes[];

enum { ENTRY_LENGTH = 8 };

static hfSavedState state __attribute__((aligned(16)));
static hfSavedState former __attribute__((aligned(16)));

int hf_attempt(hfAction action, uint32_t argument, int isProtected) {
	(void)isProtected;
	hf_hostile_service(HF_SERVICE_FAULT_HANDLER, (uint32_t)(uintptr_t)hf_hostile_fault, (uint32_t)(uintptr_t)&state);
	return hf_hostile_run(action, argument);
}

void hf_attempts_end(void) {
	hf_hostile_service(HF_SERVICE_FAULT_HANDLER, (uint32_t)(uintptr_t)hf_hostile_report, (uint32_t)(uintptr_t)&former);
}

uint32_t hf_attempt_control_registers(uint8_t access[HF_CONTROL_REGISTERS]) {
	for (uint32_t number = 0; number < HF_CONTROL_REGISTERS; number++) {
		const hfAction reads = (hfAction)(uintptr_t)(hf_control_register_reads + ENTRY_LENGTH * number);
		const hfAction writes = (hfAction)(uintptr_t)(hf_control_register_writes + ENTRY_LENGTH * number);
		const int mayRead = !hf_attempt(reads, 0, 1), mayWrite = !hf_attempt(writes, UINT32_MAX, 1);
		access[number] = (uint8_t)(mayRead | (mayWrite << 1));
	}
	return HF_CONTROL_REGISTERS;
}
