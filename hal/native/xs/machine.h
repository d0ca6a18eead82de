/* The life of one XS machine: created from the frozen root, run under an outermost jump, deleted without a trace. */
#ifndef HOLDFAST_XS_MACHINE_H
#define HOLDFAST_XS_MACHINE_H

#include "arena.h"
#include "archive.h"
#include "xsAll.h"

/* Why a machine stopped. HF_RAN is no stop; the others are XS's exit codes (xsCommon.h) told apart from it. After any
 * of them the machine is dead: delete it. */
enum { HF_RAN = -1 };

enum { HF_FAILURE_TEXT = 768 };

typedef struct hfMachine {
	txMachine* the; /* NULL when not created or deleted */
	hfArena* arena;
	const hfArchive* archive; /* modules that run in place, or NULL */
	int status; /* HF_RAN or the XS exit code that ended it */
	uint32_t meterLimit; /* ticks that one run may use; 0 = unlimited */
	int jobsPending;
	int slotsScarce; /* the last collection of slots found little */
	char failure[HF_FAILURE_TEXT]; /* what an uncaught exception or rejection said, with its stack; NUL-terminated */
} hfMachine;

typedef void (*hfBody)(txMachine* the, void* data);

/* Creates a machine from the frozen root inside memory. archive may be NULL; its names are interned here, before
 * anything else can intern one. Returns HF_RAN, or XS_NOT_ENOUGH_MEMORY_EXIT when the arena is too small, or
 * XS_FATAL_CHECK_EXIT when the archive's ids cannot be given (machine->failure says why). */
int hf_machine_create(hfMachine* machine, const txCreation* creation, const hfArchive* archive, void* memory,
	size_t byteLength);
/* Runs body with the machine current. Uncaught exceptions and aborts come back as the status. */
int hf_machine_run(hfMachine* machine, hfBody body, void* data);
/* Runs promise jobs until none is left. A rejection that nobody handled by then ends the machine. */
int hf_machine_run_jobs(hfMachine* machine);
/* Frees all the machine holds. Returns the bytes it failed to free: always 0 unless something leaks. */
size_t hf_machine_delete(hfMachine* machine);

/* The frozen root that the build linked in (written by the freezer). */
extern const txPreparation* const gxPreparation;

#endif
