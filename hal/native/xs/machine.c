/* What XS asks of its platform, and the create, run and delete of machines on top of it. */
#include "machine.h"

extern char _stack_bottom[]; /* linker script: lowest address of the C stack */
extern double hf_wall_clock_milliseconds(void);
extern uint32_t hf_cycle_counter(void);
extern void hf_console_write(const char* text, size_t length);
extern void hf_fatal(const char* cause) __attribute__((noreturn));

/* Room that XS's own C frames and a host function may need below the limit that XS checks. */
enum { STACK_MARGIN = 2048 };

static hfMachine* owner_of(txMachine* the) { return the->context; }

static void keep_failure_text(hfMachine* machine, const char* text) {
	size_t length = strlen(text);
	if (length >= HF_FAILURE_TEXT)
		length = HF_FAILURE_TEXT - 1;
	memcpy(machine->failure, text, length);
	machine->failure[length] = 0;
}

/* ---- platform hooks ---- */

char* fxCStackLimit(void) { return _stack_bottom + STACK_MARGIN; }

void fxCreateMachinePlatform(txMachine* the) { the->host = C_NULL; }
void fxDeleteMachinePlatform(txMachine* the) { (void)the; }

void* fxAllocateChunks(txMachine* the, txSize size) {
	(void)the;
	return (size > 0) ? hf_arena_malloc((size_t)size) : C_NULL;
}

void fxFreeChunks(txMachine* the, void* chunks) {
	(void)the;
	hf_arena_free(chunks);
}

txSlot* fxAllocateSlots(txMachine* the, txSize count) {
	(void)the;
	return (count > 0) ? hf_arena_malloc((size_t)count * sizeof(txSlot)) : C_NULL;
}

void fxFreeSlots(txMachine* the, void* slots) {
	(void)the;
	hf_arena_free(slots);
}

txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags) {
	(void)the; (void)stream; (void)getter; (void)flags;
	return C_NULL; /* no parser on a device */
}

/* What XS says of its own accord is for its debugger. Programs write to the console through their capabilities. */
void fxReport(txMachine* the, txString format, ...) {
	(void)the; (void)format;
}

void fxBubble(txMachine* the, txInteger flags, void* message, txInteger length, txString conversation) {
	(void)the; (void)flags; (void)message; (void)length; (void)conversation;
}

/* No profiler: functions need no numbers. */
txID fxGenerateProfileID(void* console) {
	(void)console;
	return XS_NO_ID;
}

void fxQueuePromiseJobs(txMachine* the) { owner_of(the)->jobsPending = 1; }

/* The exception's stack, or its text when it is no Error. Runs JavaScript, so only where an abort cannot nest. */
static void describe_exception(txMachine* the, hfMachine* machine) {
	mxTry(the) {
		txSlot* exception;
		mxPush(mxException);
		exception = the->stack;
		if (mxIsReference(exception) && exception->value.reference->next
			&& (exception->value.reference->next->kind == XS_ERROR_KIND)) {
			mxDub();
			mxGetID(mxID(_stack));
		}
		fxToString(the, the->stack);
		keep_failure_text(machine, the->stack->value.string);
	}
	mxCatch(the) {
		keep_failure_text(machine, "exception that cannot be shown");
	}
}

void fxAbort(txMachine* the, int status) {
	hfMachine* machine = owner_of(the);
	if (machine->status == HF_RAN) {
		machine->status = status;
		if ((status == XS_UNHANDLED_EXCEPTION_EXIT) || (status == XS_UNHANDLED_REJECTION_EXIT))
			describe_exception(the, machine);
	}
	fxExitToHost(the);
}

void hf_unreachable_exit(int status) {
	(void)status;
	hf_fatal("exit-called");
}

void hf_arena_damaged(const void* block) {
	(void)block;
	hf_fatal("arena-damaged");
}

/* ---- clock and small randomness ---- */

int hf_gettimeofday(struct timeval* now, void* zone) {
	double milliseconds = hf_wall_clock_milliseconds();
	(void)zone;
	now->tv_sec = (time_t)(milliseconds / 1000.0);
	now->tv_usec = (suseconds_t)((milliseconds - (double)now->tv_sec * 1000.0) * 1000.0);
	return 0;
}

/* Civil date from days since 1970-01-01, by 400-year eras that begin in March. */
struct tm* hf_utc_time(const time_t* seconds) {
	static struct tm fields;
	int64_t days = *seconds / 86400;
	int32_t rest = (int32_t)(*seconds % 86400);
	int64_t era;
	uint32_t dayOfEra, yearOfEra, dayOfYear, month;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	fields.tm_wday = (int)((days % 7 + 11) % 7);
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	dayOfEra = (uint32_t)(days - era * 146097);
	yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
	dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
	month = (5 * dayOfYear + 2) / 153;
	fields.tm_mday = (int)(dayOfYear - (153 * month + 2) / 5 + 1);
	fields.tm_mon = (int)(month < 10 ? month + 2 : month - 10);
	fields.tm_year = (int)((int64_t)yearOfEra + era * 400 + (fields.tm_mon <= 1) - 1900);
	fields.tm_hour = rest / 3600;
	fields.tm_min = rest / 60 % 60;
	fields.tm_sec = rest % 60;
	fields.tm_isdst = 0;
	return &fields;
}

time_t hf_utc_seconds(struct tm* fields) {
	int64_t year = (int64_t)fields->tm_year + 1900 - (fields->tm_mon <= 1);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	uint32_t yearOfEra = (uint32_t)(year - era * 400);
	uint32_t month = (uint32_t)(fields->tm_mon + (fields->tm_mon > 1 ? -2 : 10));
	uint32_t dayOfYear = (153 * month + 2) / 5 + (uint32_t)fields->tm_mday - 1;
	int64_t days = era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
	return (time_t)(days * 86400 + fields->tm_hour * 3600 + fields->tm_min * 60 + fields->tm_sec);
}

int hf_rand(void) {
	static uint32_t state;
	state ^= hf_cycle_counter();
	state += 0x9e3779b9u;
	state = (state ^ (state >> 16)) * 0x85ebca6bu;
	state = (state ^ (state >> 13)) * 0xc2b2ae35u;
	return (int)((state ^ (state >> 16)) & 0x7fffffff);
}

/* ---- modules ---- */

/* Module names are canonical: the builder rewrote every import specifier. Preloaded modules live in the frozen root;
 * the others in the machine's archive. */
txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* name) {
	hfMachine* machine = owner_of(the);
	char text[C_PATH_MAX];
	txID id;
	(void)moduleID;
	fxToStringBuffer(the, name, text, sizeof(text));
	id = fxFindName(the, text);
	if (id == XS_NO_ID)
		return XS_NO_ID;
	if (mxBehaviorGetProperty(the, mxOwnModules(realm)->value.reference, id, 0, XS_ANY))
		return id;
	if (machine->archive && hf_archive_find(machine->archive, text))
		return id;
	return XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID) {
	hfMachine* machine = owner_of(the);
	const hfArchiveModule* found = machine->archive
		? hf_archive_find(machine->archive, fxGetKeyName(the, moduleID)) : C_NULL;
	if (found) {
		txScript script;
		c_memset(&script, 0, sizeof(script));
		script.codeBuffer = (txS1*)(uintptr_t)(machine->archive->base + found->codeOffset);
		script.codeSize = (txSize)found->codeLength;
		script.path = fxGetKeyName(the, moduleID);
		script.version[0] = XS_MAJOR_VERSION;
		script.version[1] = XS_MINOR_VERSION;
		script.version[2] = XS_PATCH_VERSION;
		fxResolveModule(the, module, moduleID, &script, C_NULL, C_NULL);
	}
}

/* ---- life of a machine ---- */

static txBoolean meter(txMachine* the, txU4 index) {
	return index < owner_of(the)->meterLimit;
}

static void intern_archive_names(txMachine* the, void* data) {
	hfMachine* machine = data;
	const hfArchiveHeader* header = machine->archive->header;
	uint32_t index;
	for (index = 0; index < header->nameCount; index++) {
		txID id = fxNewNameX(the, (txString)(uintptr_t)hf_archive_name(machine->archive, index));
		if (id != (txID)(header->firstNameId + index)) {
			keep_failure_text(machine, hf_archive_error(HF_ARCHIVE_IDS));
			fxAbort(the, XS_FATAL_CHECK_EXIT);
		}
	}
}

int hf_machine_create(hfMachine* machine, const txCreation* creation, const hfArchive* archive, void* memory,
	size_t byteLength) {
	hfArena* former;
	c_memset(machine, 0, sizeof(*machine));
	machine->status = HF_RAN;
	machine->archive = archive;
	machine->arena = hf_arena_open(memory, byteLength);
	if (!machine->arena)
		return machine->status = XS_NOT_ENOUGH_MEMORY_EXIT;
	former = hf_arena_use(machine->arena);
	/* XS takes both by plain pointer and writes to neither. */
	machine->the = fxPrepareMachine((txCreation*)(uintptr_t)creation, (txPreparation*)(uintptr_t)gxPreparation,
		(txString)(uintptr_t)"holdfast", machine, C_NULL);
	hf_arena_use(former);
	if (!machine->the)
		return machine->status = XS_NOT_ENOUGH_MEMORY_EXIT;
	if (archive)
		hf_machine_run(machine, intern_archive_names, machine);
	return machine->status;
}

/* Sets up what C code that calls into XS expects: a host frame inside an outermost jump. */
int hf_machine_run(hfMachine* machine, hfBody body, void* data) {
	txMachine* the = machine->the;
	hfArena* former;
	txJump jump;
	if (machine->status != HF_RAN)
		return machine->status;
	former = hf_arena_use(machine->arena);
	jump.nextJump = the->firstJump;
	jump.stack = the->stack;
	jump.scope = the->scope;
	jump.frame = the->frame;
	jump.environment = C_NULL;
	jump.code = the->code;
	jump.flag = 0;
	the->firstJump = &jump;
	if (machine->meterLimit)
		fxBeginMetering(the, meter, 1);
	if (c_setjmp(jump.buffer) == 0) {
		fxBeginHost(the);
		mxTry(the) {
			body(the, data);
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
		fxEndHost(the);
	}
	if (machine->meterLimit)
		fxEndMetering(the);
	the->firstJump = jump.nextJump;
	hf_arena_use(former);
	return machine->status;
}

static void run_jobs(txMachine* the, void* data) {
	(void)data;
	fxRunPromiseJobs(the);
}

static void check_rejections(txMachine* the, void* data) {
	(void)data;
	fxCheckUnhandledRejections(the, 1);
}

static int has_unhandled_rejection(txMachine* the) { return mxUnhandledPromises.value.reference->next != C_NULL; }

int hf_machine_run_jobs(hfMachine* machine) {
	while (machine->jobsPending && (machine->status == HF_RAN)) {
		machine->jobsPending = 0;
		hf_machine_run(machine, run_jobs, C_NULL);
	}
	/* XS itself would notice only when the promise is collected. */
	if ((machine->status == HF_RAN) && has_unhandled_rejection(machine->the))
		hf_machine_run(machine, check_rejections, C_NULL);
	return machine->status;
}

size_t hf_machine_delete(hfMachine* machine) {
	hfArena* former;
	size_t left;
	if (!machine->the)
		return 0;
	former = hf_arena_use(machine->arena);
	machine->the->firstJump = C_NULL;
	fxDeleteMachine(machine->the);
	machine->the = C_NULL;
	left = hf_arena_used(machine->arena);
	hf_arena_use(former);
	return left;
}
