/* Processor services, which machine mode does for user mode: ecall with the number in a0, answered without waking the root of
 * trust's TypeScript (docs/design/0012-worlds.md). a0 is 0 afterwards, or 2 (caller-memory) for a fault handler's structure that
 * does not lie in user mode's memory. */
#ifndef HOLDFAST_SERVICES_H
#define HOLDFAST_SERVICES_H

/* Sleeps until an interrupt or the timer is pending. */
#define HF_SERVICE_WAIT 0x8000
/* Makes HF_SERVICE_WAIT end when the timer reaches a1 (low half) and a2 (high half). */
#define HF_SERVICE_TIMER_ARM 0x8001
#define HF_SERVICE_TIMER_DISARM 0x8002
/* Has the next fault in user mode continue at a1, with its hfSavedState in user mode's memory at a2, which a0 and sp then hold.
 * It serves once: another fault, or one without a handler, ends the runtime. */
#define HF_SERVICE_FAULT_HANDLER 0x8003
#endif
