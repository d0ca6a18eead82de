/* What the two worlds leave of each other; for monitor.c and monitor-entry.S. */
#ifndef HOLDFAST_WORLD_H
#define HOLDFAST_WORLD_H

/* Offsets in hfWorld. */
#define WORLD_PC 52
#define WORLD_SVC 60
#define WORLD_VFP 68
#define WORLD_SECURE_SP 336

#ifndef __ASSEMBLER__

#include <stdint.h>

/*
 * The normal world's registers while it stops. Those of its User, Abort, Undefined, IRQ and FIQ modes are not here: they are not
 * banked by world, and the secure world, which stays in SVC and Monitor mode until it faults, uses none of them.
 */
typedef struct {
	uint32_t r[13];
	uint32_t pc;
	uint32_t psr;
	uint32_t svcSp;
	uint32_t svcLr;
	uint32_t fpscr;
	uint32_t fpexc;
	uint32_t cpacr;
	uint32_t vfp[64];
	uint32_t secureSp; /* our own, while it runs */
} hfWorld;

extern hfWorld hf_world;

/* Runs the normal world until it calls (HF_STOP_CALL) or until a fast interrupt (HF_STOP_WATCHDOG), which only the secure timer
 * can make. */
int hf_world_run(void);
/* Monitor vectors, coprocessor access and system control of the normal world. */
void hf_world_start(void);
/* Writes everything back to memory, for a world that starts with caches off. */
void hf_clean_caches(void);

#endif

#endif
