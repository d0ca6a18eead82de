/* The main loop: promise jobs, one turn of TypeScript, sleep. */
#ifndef HOLDFAST_EVENTS_H
#define HOLDFAST_EVENTS_H

#include "machine.h"

/* Runs until TypeScript calls stop() (HF_RAN), nobody registered a turn (HF_RAN), or the machine ends (its status). */
int hf_events_run(hfMachine* machine);

#endif
