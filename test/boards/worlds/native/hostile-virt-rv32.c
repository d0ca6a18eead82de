/* What user mode of virt-rv32 tries from this test; more of it is in test/boards/worlds-virt-rv32.test.ts. */
#include "hostile.h"

#include <string.h>

#include "root-call.h"
#include "saved-state.h"
#include "services.h"

/* x5 to x30. */
enum { WORDS = 26, FIRST_ARGUMENT = 5 };

/* hostile-entry-virt-rv32.S */
int hf_hostile_run(uint32_t (*action)(uint32_t), uint32_t argument);
void hf_hostile_registers(const uint32_t in[WORDS], uint32_t out[WORDS]);
uint32_t hf_hostile_service(uint32_t number, uint32_t first, uint32_t second);
extern char hf_hostile_fault[], hf_hostile_report[];

static hfSavedState state __attribute__((aligned(16)));
static hfSavedState former __attribute__((aligned(16)));

static uint32_t read_word(uint32_t address) { return *(volatile uint32_t*)(uintptr_t)address; }

static uint32_t write_word(uint32_t address) {
	*(volatile uint32_t*)(uintptr_t)address = 0;
	return 0;
}

/* The runtime's own handler takes the faults after the trial. */
static int faults(uint32_t (*action)(uint32_t), uint32_t argument) {
	hf_hostile_service(HF_SERVICE_FAULT_HANDLER, (uint32_t)(uintptr_t)hf_hostile_fault, (uint32_t)(uintptr_t)&state);
	const int faulted = hf_hostile_run(action, argument);
	hf_hostile_service(HF_SERVICE_FAULT_HANDLER, (uint32_t)(uintptr_t)hf_hostile_report, (uint32_t)(uintptr_t)&former);
	return faulted;
}

int hf_out_of_reach(uint32_t address, uint32_t how) {
	if (how == HF_EXECUTE)
		return faults((uint32_t(*)(uint32_t))(uintptr_t)address, 0);
	return faults((how == HF_WRITE) ? write_word : read_word, address);
}

static int registers_are_kept(void) {
	uint32_t in[WORDS], out[WORDS];
	for (uint32_t index = 0; index < WORDS; index++)
		in[index] = 0x01010101u * (index + 1);
	in[FIRST_ARGUMENT] = HF_TRIAL_ECHO;
	memset(&in[FIRST_ARGUMENT + 1], 0, 4 * sizeof(in[0]));
	hf_hostile_registers(in, out);
	in[FIRST_ARGUMENT] = 0;
	return memcmp(in, out, sizeof(in)) == 0;
}

const hfTrial hf_trials[] = {
	{"registers-are-kept", registers_are_kept},
};
const uint32_t hf_trial_count = sizeof(hf_trials) / sizeof(hf_trials[0]);
