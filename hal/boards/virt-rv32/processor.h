/* What the files of this board share about the processor. */
#ifndef HOLDFAST_PROCESSOR_H
#define HOLDFAST_PROCESSOR_H

#include <stdint.h>

/* Machine mode: the interrupts that end a wait, of which none is taken there. */
#define HF_INTERRUPT_TIMER (1u << 7)
#define HF_INTERRUPT_EXTERNAL (1u << 11)

/* Machine mode: sets when the timer is pending. */
void hf_comparator_set(uint64_t at);

#endif
