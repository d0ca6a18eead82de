/* What each board has of hostile.c. */
#ifndef HOLDFAST_ATTEMPT_H
#define HOLDFAST_ATTEMPT_H

#include <stdint.h>

enum { HF_CONTROL_REGISTERS = 4096 };

typedef void (*hfAction)(uint32_t argument);

/* Returns 1 when the action faulted. */
int hf_attempt(hfAction action, uint32_t argument, int isProtected);
/* After the last attempt faults are the runtime's own again. */
void hf_attempts_end(void);
/* 0, or how many control registers there are, with bit 0 for each that could be read and bit 1 for each that could be written. */
uint32_t hf_attempt_control_registers(uint8_t access[HF_CONTROL_REGISTERS]);

#endif
