/* native:monitor. Everything that the runtime says is checked here, before TypeScript is told of it. */
#include "monitor.h"

#include <string.h>

#include "arguments.h"
#include "board-config.h"
#include "launch.h"

enum { LONGEST_WATCH = 24 * 60 * 60 * 1000 };

static struct {
	hfRuntimeCall call;
	int started;
	int pending; /* a call that waits for its answer */
	int requestTaken;
	hfRuntimeFault fault;
} runtime;

void native_monitor_startRuntime(xsMachine* the) {
	const uint32_t payload = hf_argument_unsigned(the, 0, "payload", UINT32_MAX);
	const uint32_t payloadLength = hf_argument_unsigned(the, 1, "payloadByteLength", UINT32_MAX);
	uint32_t dataLength;
	const uint8_t* data = hf_argument_bytes(the, 2, "handOver", &dataLength);
	hfLaunchRefusal refusal;
	if (runtime.started)
		xsUnknownError("startRuntime: expected to be called once, found a runtime that was started");
	const uint32_t entry = hf_launch_prepare(payload, payloadLength, data, dataLength, &refusal);
	if (entry == 0)
		xsRangeError("startRuntime: expected %s, found 0x%lx", refusal.expected, (unsigned long)refusal.found);
	hf_monitor_prepare(entry, (hfHandOver*)(uintptr_t)HF_HAND_OVER_OUT_BASE);
	runtime.started = 1;
}

_Static_assert(HF_CALL_BYTES <= HF_RUNTIME_RAM_LENGTH, "what is_callers subtracts must not wrap");

/* The only memory that a caller may name is the runtime's own RAM. An address below it is a distance of nearly 4 GiB. byteLength
 * is at most HF_CALL_BYTES. */
static int is_callers(uint32_t address, uint32_t byteLength) {
	return address - HF_RUNTIME_RAM_BASE <= HF_RUNTIME_RAM_LENGTH - byteLength;
}

/* An address is looked at only when there are bytes at it. */
static uint32_t check(const hfRuntimeCall* call) {
	if ((call->requestLength > HF_CALL_BYTES) || (call->replyCapacity > HF_CALL_BYTES))
		return HF_STATUS_CALLER_MEMORY;
	if ((call->requestLength != 0) && !is_callers(call->request, call->requestLength))
		return HF_STATUS_CALLER_MEMORY;
	if ((call->replyCapacity != 0) && !is_callers(call->reply, call->replyCapacity))
		return HF_STATUS_CALLER_MEMORY;
	/* Both ranges lie in RAM, so that neither sum wraps. */
	if ((call->requestLength != 0) && (call->replyCapacity != 0) && (call->request < call->reply + call->replyCapacity)
		&& (call->reply < call->request + call->requestLength))
		return HF_STATUS_CALLER_MEMORY;
	return HF_STATUS_OK;
}

/* Only the runtime's own time passes in here: a caller that sends nothing but nonsense is ended by the watchdog. */
static int run_to_stop(void) {
	for (;;) {
		const int stop = hf_monitor_run();
		if (stop != HF_STOP_CALL)
			return stop;
		hf_monitor_call(&runtime.call);
		if (runtime.call.number >= HF_SERVICE_FIRST) {
			if (!hf_monitor_service(&runtime.call))
				hf_monitor_answer(HF_STATUS_CALL_UNKNOWN, 0);
			continue;
		}
		const uint32_t status = check(&runtime.call);
		if (status == HF_STATUS_OK)
			return stop;
		hf_monitor_answer(status, 0);
	}
}

void native_monitor_resume(xsMachine* the) {
	if (!runtime.started)
		xsUnknownError("resume: expected a runtime that was started, found none");
	if (runtime.pending)
		hf_monitor_answer(HF_STATUS_INTERNAL, 0);
	/* What the last call left goes now: left to itself, XS adds memory for each call that is larger than those before, and what a
	 * hostile runtime sends decides when there is none left. */
	xsCollectGarbage();
	const int stop = run_to_stop();
	runtime.pending = (stop == HF_STOP_CALL);
	runtime.requestTaken = 0;
	hf_monitor_fault(&runtime.fault);
	xsmcSetInteger(xsResult, stop);
}

static void expect_call(xsMachine* the, const char* name) {
	if (!runtime.pending)
		xsUnknownError("%s: expected a call that waits for its answer, found none", name);
}

void native_monitor_callNumber(xsMachine* the) {
	expect_call(the, "callNumber");
	xsmcSetInteger(xsResult, (xsIntegerValue)runtime.call.number);
}

/* The second look at a caller's memory is the one that it has changed by then. */
void native_monitor_request(xsMachine* the) {
	expect_call(the, "request");
	if (runtime.requestTaken)
		xsUnknownError("request: expected to be taken once, found a request that was taken");
	runtime.requestTaken = 1;
	void* bytes = xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)runtime.call.requestLength);
	if (runtime.call.requestLength != 0)
		memcpy(bytes, (const void*)(uintptr_t)runtime.call.request, runtime.call.requestLength);
}

void native_monitor_reply(xsMachine* the) {
	uint32_t byteLength;
	const uint32_t status = hf_argument_unsigned(the, 0, "status", UINT8_MAX);
	const uint8_t* bytes = hf_argument_bytes(the, 1, "bytes", &byteLength);
	expect_call(the, "reply");
	runtime.pending = 0;
	const int fits = byteLength <= runtime.call.replyCapacity;
	if (fits && (byteLength != 0))
		memcpy((void*)(uintptr_t)runtime.call.reply, bytes, byteLength);
	/* What was refused stays refused for its own reason when only the words about it find no room. */
	hf_monitor_answer((fits || (status != HF_STATUS_OK)) ? status : HF_STATUS_REPLY_CAPACITY, fits ? byteLength : 0);
	xsmcSetBoolean(xsResult, fits);
}

void native_monitor_faultCause(xsMachine* the) { xsmcSetNumber(xsResult, runtime.fault.cause); }
void native_monitor_faultAddress(xsMachine* the) { xsmcSetNumber(xsResult, runtime.fault.address); }
void native_monitor_faultProgramCounter(xsMachine* the) { xsmcSetNumber(xsResult, runtime.fault.pc); }

void native_monitor_watchdogArm(xsMachine* the) { hf_watchdog_arm(hf_argument_unsigned(the, 0, "milliseconds", LONGEST_WATCH)); }

void native_monitor_collect(xsMachine* the) { xsCollectGarbage(); }
