/* native:events and the main loop. One machine owns the loop: the one whose TypeScript called onTurn. */
#include "events.h"

#include "cpu.h"

static struct {
	txMachine* owner;
	txSlot turn; /* remembered, so that the collector keeps it */
	int stopped;
} loop;

void native_events_onTurn(txMachine* the);
void native_events_stop(txMachine* the);

void native_events_onTurn(txMachine* the) {
	if ((mxArgc < 1) || !mxIsReference(mxArgv(0)) || !fxIsCallable(the, mxArgv(0)))
		mxTypeError("turn: expected a function, found another value");
	if (loop.owner)
		mxUnknownError("onTurn: expected to be called once, found a turn registered");
	loop.turn = *mxArgv(0);
	fxRemember(the, &loop.turn);
	loop.owner = the;
	loop.stopped = 0;
}

void native_events_stop(txMachine* the) {
	if (the != loop.owner)
		mxTypeError("stop: expected the machine that registered a turn, found another");
	loop.stopped = 1;
}

static void turn_once(txMachine* the, void* data) {
	mxPushUndefined();
	mxPush(loop.turn);
	mxCall();
	mxRunCount(0);
	*(int*)data = fxToBoolean(the, the->stack);
	mxPop();
}

int hf_events_run(hfMachine* machine) {
	int status = HF_RAN;
	for (;;) {
		int busy = 0;
		status = hf_machine_run_jobs(machine);
		if ((status != HF_RAN) || (loop.owner != machine->the) || loop.stopped)
			break;
		status = hf_machine_run(machine, turn_once, &busy);
		if (status != HF_RAN)
			break;
		hf_cpu_instructions(); /* keeps its wrap detection going */
		if (!busy && !machine->jobsPending && !loop.stopped)
			hf_cpu_wait_for_interrupt();
	}
	if (loop.owner == machine->the) {
		if (status == HF_RAN)
			fxForget(machine->the, &loop.turn);
		loop.owner = NULL;
	}
	return status;
}
