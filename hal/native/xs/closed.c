/* What a closed root calls where it left a part of the engine out (host-tools/build/stripped-engine.ts). */
#include "xsAll.h"

extern void hf_not_in_this_machine(txMachine* the);

/* Takes the place of functions of many types. All have the machine as first argument, and none comes back. */
void hf_not_in_this_machine(txMachine* the) {
	mxTypeError("not in this machine");
}
