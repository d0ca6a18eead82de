/* What each board has of hostile machine code. */
#ifndef HOLDFAST_HOSTILE_H
#define HOLDFAST_HOSTILE_H

#include <stdint.h>

typedef struct {
	const char* name;
	int (*withstood)(void);
} hfTrial;

extern const hfTrial hf_trials[];
extern const uint32_t hf_trial_count;

enum { HF_READ, HF_WRITE, HF_EXECUTE };

/* Returns 1 when the processor refused. */
int hf_out_of_reach(uint32_t address, uint32_t how);
void hf_hang(void) __attribute__((noreturn));

/* calls.ts */
enum { HF_TRIAL_ECHO = 1, HF_TRIAL_ARITHMETIC = 2 };
/* Whether the root of trust computes as ever. */
int hf_is_arithmetic(const uint8_t reply[16]);

#endif
