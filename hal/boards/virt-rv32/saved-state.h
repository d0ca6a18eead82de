/* Registers of interrupted code as trap entry saves them: start.S by these offsets, C by the structure. */
#ifndef HOLDFAST_SAVED_STATE_H
#define HOLDFAST_SAVED_STATE_H

#define HF_STATE_CAUSE 128
#define HF_STATE_VALUE 132
#define HF_STATE_LENGTH 144 /* a multiple of 16, as the stack pointer must be */

#ifndef __ASSEMBLER__

#include <stdint.h>

typedef struct {
	uint32_t pc;
	uint32_t x[31]; /* x1 to x31 */
	uint32_t cause; /* mcause */
	uint32_t value; /* mtval */
	uint32_t unused[2];
} hfSavedState;

_Static_assert(sizeof(hfSavedState) == HF_STATE_LENGTH, "start.S makes room for this structure");

#endif

#endif
