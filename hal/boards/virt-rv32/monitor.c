/* The runtime as a coroutine in user mode (monitor.h), its processor services, and the watchdog, which shares the machine timer
 * with the runtime's own. */
#include "board-config.h"

#ifdef HF_ROLE_ROOT

#include "monitor.h"

#include <string.h>

#include "csr.h"
#include "processor.h"
#include "protection.h"
#include "saved-state.h"
#include "services.h"

enum { CAUSE_TIMER = 0x80000007, CAUSE_CALL = 8, CAUSE_ILLEGAL = 2 };
enum { RA = 0, SP = 1, A0 = 9, A1, A2, A3, A4 }; /* x[] of the saved state begins with x1 */

/* Longest sleep on the runtime's own timer. QEMU's clock does not survive a comparator in the farthest future, and waking
 * without a reason is something that a sleeper has to expect. */
enum { LONGEST_SLEEP_SECONDS = 3600 };

typedef struct {
	int armed;
	uint64_t at;
} hfDeadline;

static hfSavedState user;
static hfDeadline watchdog, timer;
static hfRuntimeFault lastFault;
static struct {
	uint32_t entry; /* 0 when there is none */
	uint32_t state; /* where it finds the registers */
} handler;

extern uint32_t hf_user_enter(hfSavedState* state);

void hf_monitor_prepare(uint32_t entry, hfHandOver* handOver) {
	const uint32_t base = handOver->payload - HF_NEXT_HEADER_LENGTH;
	hf_protection_prepare_runtime(base, handOver->payload + handOver->codeLength);
	memset(&user, 0, sizeof(user));
	user.pc = entry;
	user.x[A0] = (uint32_t)(uintptr_t)handOver;
	handOver->instructions = hf_cpu_instructions();
	handOver->counter = CSR_READ("instret");
	__asm__ volatile(".option push\n\t.option arch, +zifencei\n\tfence\n\tfence.i\n\t.option pop" ::: "memory");
}

void hf_watchdog_arm(uint32_t milliseconds) {
	watchdog.armed = milliseconds != 0;
	watchdog.at = hf_timer_count() + (uint64_t)milliseconds * (HF_TIMER_FREQUENCY / 1000);
}

/* The first fault goes to the runtime's handler as a signal does, later ones nowhere. */
static int reflect(uint32_t cause) {
	/* The value of an illegal instruction is the instruction. */
	lastFault = (hfRuntimeFault){.cause = cause, .address = (cause == CAUSE_ILLEGAL) ? user.pc : user.value, .pc = user.pc};
	if (handler.entry == 0)
		return 0;
	memcpy((void*)(uintptr_t)handler.state, &user, sizeof(user));
	user.pc = handler.entry;
	user.x[A0] = user.x[SP] = handler.state;
	handler.entry = 0;
	return 1;
}

static int run(void) {
	for (;;) {
		if (watchdog.armed)
			hf_comparator_set(watchdog.at);
		CSR_WRITE("mie", watchdog.armed ? HF_INTERRUPT_TIMER : 0); /* below machine mode, what is enabled is taken */
		hf_protection_switch(1);
		const uint32_t cause = hf_user_enter(&user);
		hf_protection_switch(0);
		CSR_WRITE("mie", 0);
		if (cause == CAUSE_TIMER) {
			watchdog.armed = 0;
			return HF_STOP_WATCHDOG;
		}
		if (cause == CAUSE_CALL) {
			user.pc += 4;
			return HF_STOP_CALL;
		}
		if (!reflect(cause))
			return HF_STOP_FAULT;
	}
}

int hf_monitor_run(void) {
	const uint64_t before = hf_cpu_instructions();
	const int stop = run();
	hf_cpu_uncount(before);
	return stop;
}

void hf_monitor_call(hfRuntimeCall* call) {
	*call = (hfRuntimeCall){.number = user.x[A0], .request = user.x[A1], .requestLength = user.x[A2], .reply = user.x[A3],
		.replyCapacity = user.x[A4]};
}

void hf_monitor_answer(uint32_t status, uint32_t replyLength) {
	user.x[A0] = status;
	user.x[A1] = replyLength;
}

void hf_monitor_fault(hfRuntimeFault* fault) { *fault = lastFault; }

/* Sleeps until an interrupt of a device or the earlier of the two deadlines is pending. That of the watchdog then stops the
 * runtime before its next instruction. */
static void wait_for_interrupt(void) {
	const uint64_t longest = hf_timer_count() + (uint64_t)LONGEST_SLEEP_SECONDS * HF_TIMER_FREQUENCY;
	hfDeadline first = watchdog;
	if (timer.armed && (!first.armed || (timer.at < first.at)))
		first = (hfDeadline){.armed = 1, .at = (timer.at < longest) ? timer.at : longest};
	if (first.armed)
		hf_comparator_set(first.at);
	CSR_WRITE("mie", HF_INTERRUPT_EXTERNAL | (first.armed ? HF_INTERRUPT_TIMER : 0));
	hf_cpu_wait_for_interrupt();
	CSR_WRITE("mie", 0);
}

static int in_user_memory(uint32_t state) {
	return (state % 16 == 0) && (state >= HF_RUNTIME_RAM_BASE)
		&& (state - HF_RUNTIME_RAM_BASE <= HF_RUNTIME_RAM_LENGTH - sizeof(hfSavedState));
}

int hf_monitor_service(const hfRuntimeCall* call) {
	const uint32_t first = call->request, second = call->requestLength;
	uint32_t status = HF_STATUS_OK;
	switch (call->number) {
	case HF_SERVICE_WAIT:
		wait_for_interrupt();
		break;
	case HF_SERVICE_TIMER_ARM:
		timer = (hfDeadline){.armed = 1, .at = ((uint64_t)second << 32) | first};
		break;
	case HF_SERVICE_TIMER_DISARM:
		timer.armed = 0;
		break;
	case HF_SERVICE_FAULT_HANDLER:
		if (in_user_memory(second)) {
			handler.entry = first & ~1u; /* QEMU does not clear the lowest bit of mepc */
			handler.state = second;
		} else
			status = HF_STATUS_CALLER_MEMORY;
		break;
	default:
		return 0;
	}
	hf_monitor_answer(status, 0);
	return 1;
}

#else

typedef int hfNoMonitor; /* a translation unit may not be empty */

#endif
