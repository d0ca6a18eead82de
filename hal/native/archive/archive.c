/* native:archive */
#include "machine.h"

extern hfMachine* hf_main_machine(void);

void native_archive_isPresent(txMachine* the);
void native_archive_importEntry(txMachine* the);

void native_archive_isPresent(txMachine* the) {
	const hfMachine* machine = the->context;
	mxResult->kind = XS_BOOLEAN_KIND;
	mxResult->value.boolean = machine->archive ? 1 : 0;
}

void native_archive_importEntry(txMachine* the) {
	const hfMachine* machine = the->context;
	if (!machine->archive)
		mxUnknownError("archive: expected one behind the image, found none");
	mxPushStringX((txString)(uintptr_t)(machine->archive->base + hf_archive_module(machine->archive, 0)->nameOffset));
	fxAwaitImport(the, XS_IMPORT_DEFAULT);
	mxPullSlot(mxResult);
}
