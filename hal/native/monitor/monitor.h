/* The root of trust's way into the runtime and back (docs/design/0012). monitor.c is common; hal/boards/<board>/monitor.c
 * implements what is declared here. */
#ifndef HOLDFAST_MONITOR_H
#define HOLDFAST_MONITOR_H

#include <stdint.h>

#include "cpu.h"

/* Why the runtime stopped; the same numbers in monitor.d.ts. */
enum { HF_STOP_CALL = 1, HF_STOP_WATCHDOG = 2, HF_STOP_FAULT = 3 };

/* The statuses of protocol/root-calls that C gives, too. */
enum { HF_STATUS_OK = 0, HF_STATUS_CALL_UNKNOWN = 1, HF_STATUS_CALLER_MEMORY = 2, HF_STATUS_REPLY_CAPACITY = 3, HF_STATUS_INTERNAL = 6 };

enum { HF_CALL_BYTES = 4096, HF_SERVICE_FIRST = 0x8000 };

/* A call as it stands in the runtime's registers: nothing of it is checked. */
typedef struct {
	uint32_t number;
	uint32_t request;
	uint32_t requestLength;
	uint32_t reply;
	uint32_t replyCapacity;
} hfRuntimeCall;

/* What the runtime did when it faulted. */
typedef struct {
	uint32_t cause; /* the processor's own code */
	uint32_t address;
	uint32_t pc;
} hfRuntimeFault;

/* Puts all protection in place for the runtime and prepares its registers for the first entry. Once per reset. */
void hf_monitor_prepare(uint32_t entry, hfHandOver* handOver);
/* Runs the runtime until it stops. Registers go over as they were left; none of ours is left in any. */
int hf_monitor_run(void);
/* After HF_STOP_CALL: what it asks. */
void hf_monitor_call(hfRuntimeCall* call);
/* After HF_STOP_CALL: what the runtime finds in its two result registers when it goes on. */
void hf_monitor_answer(uint32_t status, uint32_t replyLength);
/* The runtime's last fault, also one that its own handler was given; zeros when there was none, or the board does not know. */
void hf_monitor_fault(hfRuntimeFault* fault);
/* Handles a call from HF_SERVICE_FIRST up without TypeScript and answers it; returns 0 when the board has no such service. */
int hf_monitor_service(const hfRuntimeCall* call);
/* The runtime stops with HF_STOP_WATCHDOG after that many milliseconds, whatever it masks. 0 ends the watch. */
void hf_watchdog_arm(uint32_t milliseconds);

#endif
