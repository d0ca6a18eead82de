/* The instruction counter, for the monitor. */
#ifndef HOLDFAST_COUNTER_H
#define HOLDFAST_COUNTER_H

/* Leaves out what was executed since the last hf_cpu_instructions(), as another's. */
void hf_counter_skip(void);

#endif
