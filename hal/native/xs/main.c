/* The C main of every image: one machine over all RAM that is left, the main module's default export called, then the loop. */
#include "machine.h"

#include "board-config.h"
#include "console-output.h"
#include "cpu.h"
#include "events.h"
#include "program-config.h"

extern char _arena_start[], _arena_end[], _image_end[];

static hfMachine machine;

hfMachine* hf_main_machine(void) { return &machine; }

static void say(const char* text) { hf_console_write(text, strlen(text)); }

/* Ends the image with one structured line, then the stack of an uncaught exception. */
static void fail(const char* what, const char* code) {
	const char* detail = strchr(machine.failure, '\n');
	say("holdfast " HF_ROLE_NAME " ");
	say(what);
	say(" code=");
	say(code);
	say("\r\n");
	if (machine.failure[0]) {
		size_t first = detail ? (size_t)(detail - machine.failure) : strlen(machine.failure);
		hf_console_write(machine.failure, first);
		for (; detail && detail[0]; detail = strchr(detail + 1, '\n')) {
			const char* end = strchr(detail + 1, '\n');
			say("\r\n   ");
			hf_console_write(detail + 1, end ? (size_t)(end - detail - 1) : strlen(detail + 1));
			if (!end)
				break;
		}
		say("\r\n");
	}
	hf_stop("stopped");
}

static const char* status_text(int status) {
	static const char* const texts[] = { "debugger", "out-of-memory", "stack-overflow", "fatal-check", "dead-strip",
		"unhandled-exception", "no-more-keys", "too-much-computation", "unhandled-rejection" };
	return ((status >= 0) && (status < (int)(sizeof(texts) / sizeof(texts[0])))) ? texts[status] : "unknown";
}

#ifdef HF_CLOSED

/* A closed root holds its main function where a Compartment would find its global (xs-freeze-close.c). */
static void push_main(txMachine* the) { mxPush(mxCompartmentGlobal); }

/* Its modules are gone, and so is whatever could leave a job. */
static const hfArchive* open_archive(void) {
	if (hf_image_header.archiveLength)
		fail("refused", "archive-unexpected");
	return NULL;
}

static int run_events(const hfMachine* ended) { return ended->status; }

#else

static void push_main(txMachine* the) {
	mxPushStringX((txString)(uintptr_t)HF_MAIN_MODULE);
	fxAwaitImport(the, XS_IMPORT_DEFAULT);
}

static const hfArchive* open_archive(void) {
	static hfArchive archive;
	int code;
	if (!hf_image_header.archiveLength)
		return NULL;
	code = hf_archive_open(&archive, _image_end, hf_image_header.archiveLength, gxRootHash);
	if (code != HF_ARCHIVE_OK)
		fail("refused", hf_archive_error(code));
	return &archive;
}

static int run_events(hfMachine* started) { return hf_events_run(started); }

#endif

static void start(txMachine* the, void* data) {
	(void)data;
	mxPushUndefined();
	push_main(the);
	mxCall();
	mxRunCount(0);
	mxPop();
}

int main(void) {
	const hfArchive* modules = open_archive();
	int status = hf_machine_create(&machine, &gxPreparation->creation, modules, _arena_start,
		(size_t)(_arena_end - _arena_start));
	if (status == HF_RAN)
		status = hf_machine_run(&machine, start, NULL);
	if (status == HF_RAN)
		status = run_events(&machine);
	if (status != HF_RAN)
		fail("stopped", status_text(status));
	say("holdfast " HF_ROLE_NAME " ended\r\n");
	hf_cpu_power_off(0);
}
