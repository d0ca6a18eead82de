/* xs-freeze: makes the root machine on the host (built-ins, preloaded modules, locked down, hardened) and prints it as C
 * constants. The recipe and its traps are in docs/design/0001-frozen-root.md.
 *
 * usage: xs-freeze SPECIFICATION SYMBOLS OUTPUT.c OUTPUT.keys
 * SPECIFICATION has one tab-separated item a line:
 *   function SYMBOL LENGTH     a host function of the firmware, found at build time as globalThis.__native.SYMBOL
 *   module NAME FILE.xsb       byte code that an import may name
 *   preload NAME               a module to run now and freeze
 *   remove GLOBAL              a built-in that no machine gets
 *   close NAME                 no machine loads a module: keep what the default export of NAME can reach, and nothing else
 *   creation TWELVE NUMBERS    txCreation of the device's machines, in XS's order
 * SYMBOLS is the output of nm for this very program. Exit 1: the root is refused, one line each on stderr. */
#include "xs-freeze.h"
#include "xsScript.h"

#include <sys/resource.h>

Root root;

static const char* importing; /* the preloaded module that runs now */

void die(const char* format, ...) {
	va_list arguments;
	va_start(arguments, format);
	fputs("xs-freeze: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(2);
}

static void report_exception(txMachine* the, const char* where);

/* Ends with a line that begins with the module that runs now, when one does. */
static void refuse(const char* format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void refuse(const char* format, ...) {
	va_list arguments;
	va_start(arguments, format);
	if (importing)
		fprintf(stderr, "%s: ", importing);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

/* ---- stubs for host functions: distinct addresses that name the caller's mistake ---- */

static void stub_called(txMachine* the, int index) {
	mxTypeError("%s: native functions cannot be called at build time", root.functions[index].symbol);
}
#define STUB(N) static void stub_##N(txMachine* the) { stub_called(the, 0x##N); }
#define STUBS(N) STUB(N##0) STUB(N##1) STUB(N##2) STUB(N##3) STUB(N##4) STUB(N##5) STUB(N##6) STUB(N##7) STUB(N##8) \
	STUB(N##9) STUB(N##a) STUB(N##b) STUB(N##c) STUB(N##d) STUB(N##e) STUB(N##f)
STUBS(0) STUBS(1) STUBS(2) STUBS(3) STUBS(4) STUBS(5) STUBS(6) STUBS(7)
STUBS(8) STUBS(9) STUBS(a) STUBS(b) STUBS(c) STUBS(d) STUBS(e) STUBS(f)
#define NAMES(N) stub_##N##0, stub_##N##1, stub_##N##2, stub_##N##3, stub_##N##4, stub_##N##5, stub_##N##6, stub_##N##7, \
	stub_##N##8, stub_##N##9, stub_##N##a, stub_##N##b, stub_##N##c, stub_##N##d, stub_##N##e, stub_##N##f
static const txCallback stubs[MAXIMUM_FUNCTIONS] = { NAMES(0), NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6),
	NAMES(7), NAMES(8), NAMES(9), NAMES(a), NAMES(b), NAMES(c), NAMES(d), NAMES(e), NAMES(f) };

/* ---- the platform of the host machine ---- */

char* fxCStackLimit(void) { return C_NULL; }
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags) {
	(void)the; (void)stream; (void)getter; (void)flags;
	return C_NULL;
}
void fxQueuePromiseJobs(txMachine* the) { (void)the; }
void fxAbort(txMachine* the, int status) {
	static const char* const reasons[] = { "debugger", "not enough memory", "stack overflow", "fatal check",
		"dead strip", "unhandled exception", "no more keys", "too much computation", "unhandled rejection" };
	if (status == XS_UNHANDLED_REJECTION_EXIT)
		report_exception(the, importing ? importing : "root machine");
	refuse("expected a module body that ends, found %s",
		(status >= 0) && (status < 9) ? reasons[status] : "an unknown reason to stop");
}

static Module* find_module(const char* name) {
	int index;
	for (index = 0; index < root.moduleCount; index++)
		if (!strcmp(root.modules[index].name, name))
			return &root.modules[index];
	return C_NULL;
}

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* name) {
	char text[C_PATH_MAX];
	(void)realm; (void)moduleID;
	fxToStringBuffer(the, name, text, sizeof(text));
	return find_module(text) ? fxNewNameC(the, text) : XS_NO_ID;
}

static uint32_t read_u32_big_endian(const uint8_t* bytes) {
	return ((uint32_t)bytes[0] << 24) | ((uint32_t)bytes[1] << 16) | ((uint32_t)bytes[2] << 8) | bytes[3];
}

/* Replaces the module's own ids, which the compiler listed in MAPS. */
static void settle_ids(Module* module, const uint8_t* maps, uint32_t mapsSize, const txID* ids, int idCount) {
	uint32_t at;
	for (at = 0; at + 4 <= mapsSize; at += 4) {
		uint32_t offset = read_u32_big_endian(maps + at);
		txU1* bytes = (txU1*)module->code + offset;
		int id;
		if (offset + sizeof(txID) > (uint32_t)module->codeSize)
			die("%s: id at %u lies outside the code", module->path, offset);
		id = bytes[0] | (bytes[1] << 8);
		if (id >= idCount)
			die("%s: id %d of %d", module->path, id, idCount);
		bytes[0] = (txU1)ids[id];
		bytes[1] = (txU1)(ids[id] >> 8);
	}
}

static void read_module(txMachine* the, Module* module) {
	FILE* file = fopen(module->path, "rb");
	uint8_t* bytes;
	long size;
	uint32_t at, symbolsSize = 0, codeSize = 0, mapsSize = 0;
	const uint8_t* symbols = C_NULL;
	const uint8_t* code = C_NULL;
	const uint8_t* maps = C_NULL;
	txID* ids;
	int count, index;
	if (!file || fseek(file, 0, SEEK_END) || ((size = ftell(file)) < 8) || fseek(file, 0, SEEK_SET))
		die("cannot read %s", module->path);
	bytes = malloc((size_t)size);
	if (fread(bytes, 1, (size_t)size, file) != (size_t)size)
		die("cannot read %s", module->path);
	fclose(file);
	for (at = 8; at + 8 <= (uint32_t)size;) {
		uint32_t atomSize = read_u32_big_endian(bytes + at), type = read_u32_big_endian(bytes + at + 4);
		if ((atomSize < 8) || (atomSize > (uint32_t)size - at))
			die("%s: atom at %u crosses the end", module->path, at);
		if (type == XS_ATOM_SYMBOLS) {
			symbols = bytes + at + 8;
			symbolsSize = atomSize - 8;
		}
		else if (type == XS_ATOM_CODE) {
			code = bytes + at + 8;
			codeSize = atomSize - 8;
		}
		else if (type == XS_ATOM_MAPS) {
			maps = bytes + at + 8;
			mapsSize = atomSize - 8;
		}
		at += atomSize;
	}
	if (!symbols || !code || !maps || (symbolsSize < 2))
		die("%s: expected SYMB, CODE and MAPS atoms", module->path);
	count = symbols[0] | (symbols[1] << 8);
	ids = calloc((size_t)count, sizeof(txID));
	ids[0] = XS_NO_ID;
	for (at = 2, index = 1; index < count; index++) {
		ids[index] = fxNewNameC(the, (txString)(uintptr_t)(symbols + at));
		at += (uint32_t)strlen((const char*)symbols + at) + 1;
	}
	module->codeSize = (txSize)codeSize;
	module->code = malloc(codeSize);
	memcpy(module->code, code, codeSize);
	settle_ids(module, maps, mapsSize, ids, count);
	free(ids);
	free(bytes);
}

void fxLoadModule(txMachine* the, txSlot* slot, txID moduleID) {
	Module* module = find_module(fxGetKeyName(the, moduleID));
	txScript script;
	if (!module)
		return;
	if (!module->code)
		read_module(the, module);
	memset(&script, 0, sizeof(script));
	script.codeBuffer = module->code;
	script.codeSize = module->codeSize;
	script.path = module->name;
	script.version[0] = XS_MAJOR_VERSION;
	script.version[1] = XS_MINOR_VERSION;
	script.version[2] = XS_PATCH_VERSION;
	fxResolveModule(the, slot, moduleID, &script, C_NULL, C_NULL);
}

/* ---- specification ---- */

static char* field(char** line) {
	char* start = *line;
	char* end;
	if (!start)
		return (char*)"";
	end = strchr(start, '\t');
	if (end)
		*end++ = 0;
	*line = end;
	return start;
}

static void copy_text(char* target, size_t size, const char* text) {
	if (snprintf(target, size, "%s", text) >= (int)size)
		die("specification: %s is longer than %zu characters", text, size - 1);
}

static char removals[64][MAXIMUM_NAME];
static int removalCount;
static int functionLengths[MAXIMUM_FUNCTIONS];
static Module* preloads[MAXIMUM_MODULES];
static int preloadCount;

static void read_specification(const char* path) {
	static char line[8192];
	FILE* file = fopen(path, "r");
	if (!file)
		die("cannot read %s", path);
	while (fgets(line, sizeof(line), file)) {
		char* rest = line;
		char* kind;
		line[strcspn(line, "\n")] = 0;
		kind = field(&rest);
		if (!strcmp(kind, "function") && (root.functionCount < MAXIMUM_FUNCTIONS)) {
			HostFunction* function = &root.functions[root.functionCount];
			copy_text(function->symbol, sizeof(function->symbol), field(&rest));
			function->stub = stubs[root.functionCount];
			functionLengths[root.functionCount++] = atoi(field(&rest));
		}
		else if (!strcmp(kind, "module") && (root.moduleCount < MAXIMUM_MODULES)) {
			Module* module = &root.modules[root.moduleCount++];
			copy_text(module->name, sizeof(module->name), field(&rest));
			copy_text(module->path, sizeof(module->path), field(&rest));
		}
		else if (!strcmp(kind, "preload")) {
			char* name = field(&rest);
			Module* module = find_module(name);
			if (!module)
				die("preload: no module is named %s", name);
			module->preload = 1;
			preloads[preloadCount++] = module;
		}
		else if (!strcmp(kind, "remove") && (removalCount < 64))
			copy_text(removals[removalCount++], MAXIMUM_NAME, field(&rest));
		else if (!strcmp(kind, "close"))
			copy_text(root.main, sizeof(root.main), field(&rest));
		else if (!strcmp(kind, "creation")) {
			txSize* sizes = (txSize*)&root.creation;
			int index;
			for (index = 0; index < 12; index++)
				sizes[index] = atoi(field(&rest));
		}
		else if (*kind)
			die("specification: cannot take line %s", kind);
	}
	fclose(file);
}

/* ---- the root machine ---- */

static void set_global(txMachine* the, const char* name, txCallback callback, int length) {
	txID id = fxNewNameC(the, (txString)(uintptr_t)name);
	fxNewHostFunction(the, callback, length, id, XS_NO_ID);
	mxPush(mxGlobal);
	mxSetID(id);
	mxPop();
}

static void delete_global(txMachine* the, const char* name) {
	txID id = fxNewNameC(the, (txString)(uintptr_t)name);
	mxBehaviorDeleteProperty(the, mxGlobal.value.reference, id, 0);
}

static void report_exception(txMachine* the, const char* where) {
	txSlot* exception;
	mxPush(mxException);
	exception = the->stack;
	if (mxIsReference(exception)) {
		mxDub();
		mxGetID(mxID(_stack));
		if (mxIsUndefined(the->stack))
			mxPop();
	}
	fprintf(stderr, "%s: %s\n", where, fxToString(the, the->stack));
	exit(1);
}

static void add_native_functions(txMachine* the) {
	txSlot* object;
	int index;
	mxPush(mxObjectPrototype);
	fxNewObjectInstance(the);
	object = the->stack;
	for (index = 0; index < root.functionCount; index++) {
		txID id = fxNewNameC(the, root.functions[index].symbol);
		fxNewHostFunction(the, root.functions[index].stub, functionLengths[index], XS_NO_ID, XS_NO_ID);
		mxPushSlot(object);
		mxSetID(id);
		mxPop();
	}
	mxPush(mxGlobal);
	mxSetID(fxNewNameC(the, (txString)(uintptr_t)"__native"));
	mxPop();
}

/* A module body that runs this long makes no constants: about two seconds, and more memory than any device has. */
enum { METERING_INTERVAL = 1 << 20, MAXIMUM_METERING = 400 << 20, MAXIMUM_MEMORY = 128 << 20 };

static txBoolean is_within_metering(txMachine* the, txU4 count) {
	(void)the;
	return count < MAXIMUM_METERING;
}

static void limit_memory(void) {
	const struct rlimit limit = { MAXIMUM_MEMORY, MAXIMUM_MEMORY };
	if (setrlimit(RLIMIT_AS, &limit))
		die("cannot limit memory: %s", strerror(errno));
}

static void import_modules(txMachine* the) {
	int index;
	for (index = 0; index < preloadCount; index++) {
		importing = preloads[index]->name;
		fxBeginMetering(the, is_within_metering, METERING_INTERVAL);
		mxTry(the) {
			mxPushStringC(preloads[index]->name);
			fxAwaitImport(the, 0);
			mxPop();
		}
		mxCatch(the) {
			report_exception(the, preloads[index]->name);
		}
		fxEndMetering(the);
		fxCheckUnhandledRejections(the, 1);
		if (mxPendingJobs.value.reference->next)
			refuse("expected a module body that leaves no promise job, found one: what follows an await would never run");
	}
	importing = C_NULL;
}

static void harden_value(txMachine* the, txSlot* instance, const char* where) {
	if (instance->flag & XS_DONT_MARSHALL_FLAG)
		return;
	mxTry(the) {
		mxPushUndefined();
		mxPush(mxGlobal);
		fxGetID(the, fxNewNameC(the, (txString)(uintptr_t)"harden"));
		mxCall();
		mxPushReference(instance);
		mxRunCount(1);
		mxPop();
	}
	mxCatch(the) {
		report_exception(the, where);
	}
}

/* The buffer of a typed array or data view: a program reaches it through a getter, which harden does not call. */
static txSlot* buffer_of(const txSlot* instance) {
	txSlot* property;
	for (property = instance->next; property && (property->flag & XS_INTERNAL_FLAG); property = property->next)
		if ((property->kind == XS_DATA_VIEW_KIND) && property->next && mxIsReference(property->next))
			return property->next->value.reference;
	return C_NULL;
}

/* Harden follows properties and prototypes only. What modules keep in closures, private fields, bound functions and views,
 * and the functions that lockdown leaves out, are found by walking the heap until nothing new turns up. */
static void harden_heap(txMachine* the) {
	int again = 1;
	fxCollectGarbage(the);
	while (again) {
		txSlot* heap;
		again = 0;
		for (heap = the->firstHeap; heap && !again; heap = heap->next) {
			txSlot* slot = heap + 1;
			txSlot* limit = heap->value.reference;
			for (; slot < limit; slot++) {
				txSlot* target = C_NULL;
				if ((slot->kind == XS_CLOSURE_KIND) && slot->value.closure && mxIsReference(slot->value.closure))
					target = slot->value.closure->value.reference;
				else if ((slot->kind == XS_EXPORT_KIND) && slot->value.export.closure
					&& mxIsReference(slot->value.export.closure))
					target = slot->value.export.closure->value.reference;
				else if ((slot->kind == XS_INSTANCE_KIND) && mxIsFunction(slot))
					target = slot;
				else if (slot->kind == XS_INSTANCE_KIND)
					target = buffer_of(slot);
				else if ((slot->flag & XS_INTERNAL_FLAG) && mxIsReference(slot)
					&& ((slot->ID == mxID(_boundThis)) || (slot->ID == mxID(_boundArguments))))
					target = slot->value.reference;
				else if (slot->kind == XS_PRIVATE_KIND) {
					txSlot* item;
					for (item = slot->value.private.first; item && !target; item = item->next)
						if (mxIsReference(item) && !(item->value.reference->flag & XS_DONT_MARSHALL_FLAG))
							target = item->value.reference;
				}
				if (target && (target->kind == XS_INSTANCE_KIND) && !(target->flag & XS_DONT_MARSHALL_FLAG)
					&& !(target->next && (target->next->kind == XS_MODULE_KIND))) {
					harden_value(the, target, "harden");
					again = 1;
					break;
				}
			}
		}
	}
}

/* Harden refuses a module namespace and only then clears the flag that it set, which would be a write to flash; and it
 * follows a machine's global to the root's. Both count as hardened: their exports and built-ins are. */
static void flag_namespaces(txMachine* the) {
	txSlot* heap;
	mxGlobal.value.reference->flag |= XS_DONT_MARSHALL_FLAG;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot* slot = heap + 1;
		txSlot* limit = heap->value.reference;
		for (; slot < limit; slot++)
			if ((slot->kind == XS_INSTANCE_KIND) && slot->next && (slot->next->kind == XS_MODULE_KIND))
				slot->flag |= XS_DONT_MARSHALL_FLAG;
	}
}

static void lockdown(txMachine* the) {
	mxTry(the) {
		mxPushUndefined();
		mxPush(mxGlobal);
		fxGetID(the, fxNewNameC(the, (txString)(uintptr_t)"lockdown"));
		mxCall();
		mxRunCount(0);
		mxPop();
	}
	mxCatch(the) {
		report_exception(the, "lockdown");
	}
}

/* The engine goes on making objects with these prototypes, or the language needs their methods. */
static int is_needed_prototype(txID id) {
	return (id == mxID(_Object)) || (id == mxID(_Function)) || (id == mxID(_Array)) || (id == mxID(_String))
		|| (id == mxID(_Number)) || (id == mxID(_Boolean)) || (id == mxID(_Symbol)) || (id == mxID(_Promise))
		|| (id == mxID(_Error)) || (id == mxID(_AggregateError)) || (id == mxID(_EvalError)) || (id == mxID(_RangeError))
		|| (id == mxID(_ReferenceError)) || (id == mxID(_SyntaxError)) || (id == mxID(_TypeError)) || (id == mxID(_URIError));
}

/* The engine refers to most prototypes by itself: empty, they keep no function of a removed built-in alive. */
static void empty_prototype(txMachine* the, const txSlot* constructor) {
	txSlot* property = mxIsReference(constructor)
		? mxBehaviorGetProperty(the, constructor->value.reference, mxID(_prototype), 0, XS_OWN) : C_NULL;
	txSlot** address;
	if (!property || !mxIsReference(property))
		return;
	address = &property->value.reference->next;
	while (*address) {
		if ((*address)->flag & XS_INTERNAL_FLAG)
			address = &(*address)->next;
		else
			*address = (*address)->next;
	}
}

static void remove_builtins(txMachine* the) {
	int index;
	mxCompartmentGlobal = mxUndefined;
	for (index = 0; index < removalCount; index++) {
		txID id = fxFindName(the, removals[index]);
		if ((id < XS_SYMBOL_ID_COUNT) || (id >= XS_INTRINSICS_COUNT))
			refuse("strip: expected the name of a global built-in, found %s", removals[index]);
		if (!is_needed_prototype(id))
			empty_prototype(the, &the->stackPrototypes[-1 - id]);
		delete_global(the, removals[index]);
		the->stackPrototypes[-1 - id].kind = XS_UNDEFINED_KIND;
	}
}

/* The global's first slot is a cache of lookups that reads would fill. */
static void unlink_global_cache(txMachine* the) {
	txSlot* global = mxGlobal.value.reference;
	global->flag &= (txFlag)~XS_EXOTIC_FLAG;
	global->next->kind = XS_UNDEFINED_KIND;
	global->next = global->next->next;
}

/* The list of variables that a function captured. Functions read it and nothing adds to it; only the realm's own scope
 * can grow, and that one keeps an id. */
static int is_function_scope(txMachine* the, const txSlot* instance) {
	const txSlot* first = instance->next;
	return first && (first->flag & XS_INTERNAL_FLAG) && (first->ID == XS_ENVIRONMENT_BEHAVIOR)
		&& (instance != mxException.value.reference);
}

/* Ids for what a machine must be able to change: from 1, because 0 says "no alias". Bindings of modules become
 * constants: what modules keep between calls belongs into objects that the machine makes. Private fields do not count: XS
 * writes no marked slot, and copies only the first of them into an alias. */
static int number_aliases(txMachine* the) {
	int index, count = 0;
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		if (slot->kind == XS_CLOSURE_KIND && slot->value.closure) {
			slot->value.closure->flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
			slot->value.closure->ID = XS_NO_ID;
		}
	}
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		txSlot* property;
		int fixed;
		if (slot->kind != XS_INSTANCE_KIND)
			continue;
		if (is_function_scope(the, slot)) {
			slot->ID = XS_NO_ID;
			continue;
		}
		fixed = (slot->flag & XS_DONT_PATCH_FLAG) ? 1 : 0;
		for (property = slot->next; property && fixed; property = property->next) {
			if (property->flag & XS_INTERNAL_FLAG) {
				if ((property->kind == XS_ARRAY_KIND) && property->value.array.address) {
					txSlot* item = property->value.array.address;
					txIndex length = fxGetIndexSize(the, property);
					for (; length > 0 && fixed; length--, item++)
						if (!(item->flag & XS_DONT_DELETE_FLAG)
							|| ((item->kind != XS_ACCESSOR_KIND) && !(item->flag & XS_DONT_SET_FLAG)))
							fixed = 0;
				}
				else if ((property->kind == XS_REGEXP_KIND) || (property->kind == XS_DATE_KIND))
					fixed = (property->flag & XS_DONT_SET_FLAG) ? fixed : 0;
			}
			else if (!(property->flag & XS_DONT_DELETE_FLAG)
				|| ((property->kind != XS_ACCESSOR_KIND) && !(property->flag & XS_DONT_SET_FLAG)))
				fixed = 0;
		}
		slot->ID = fixed ? XS_NO_ID : (txID)(++count);
	}
	return count ? count + 1 : 0;
}

static txCreation hostCreation = { 16 << 20, 16 << 20, 1 << 18, 1 << 16, 4096, 4096, 256, 0, 0, 32768, 1993, 0 };

static FILE* open_output(const char* path) {
	FILE* file = fopen(path, "w");
	if (!file)
		die("cannot write %s: %s", path, strerror(errno));
	return file;
}

static void close_output(FILE* file, const char* path) {
	if (ferror(file) | fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
}

int main(int argc, char* argv[]) {
	txMachine* the;
	txJump jump;
	FILE* file;
	int aliases;
	if (argc != 5) {
		fprintf(stderr, "usage: xs-freeze SPECIFICATION SYMBOLS OUTPUT.c OUTPUT.keys\n");
		return 2;
	}
	limit_memory();
	read_specification(argv[1]);
	hostCreation.nameModulo = root.creation.nameModulo;
	hostCreation.symbolModulo = root.creation.symbolModulo;
	the = fxCreateMachine(&hostCreation, (txString)(uintptr_t)"root", C_NULL, XS_NO_ID);
	if (!the)
		die("cannot create the root machine");
	memset(&jump, 0, sizeof(jump));
	jump.stack = the->stack;
	jump.scope = the->scope;
	jump.frame = the->frame;
	jump.code = the->code;
	the->firstJump = &jump;
	if (c_setjmp(jump.buffer))
		die("root machine: exception outside any module");
	fxBeginHost(the);
	set_global(the, "harden", fx_harden, 1);
	set_global(the, "petrify", fx_petrify, 1);
	set_global(the, "lockdown", fx_lockdown, 0);
	if (root.main[0])
		note_builtins(the);
	add_native_functions(the);
	import_modules(the);
	delete_global(the, "__native");
	lockdown(the);
	delete_global(the, "lockdown");
	delete_global(the, "petrify"); /* writes to what it is given: no machine may hand it shared objects */
	harden_heap(the);
	flag_namespaces(the);
	fxEndHost(the);
	remove_builtins(the);
	fxShareMachine(the);
	unlink_global_cache(the);
	number_heap(the);
	aliases = number_aliases(the);
	if (check_root(the))
		return 1;
	if (root.main[0]) {
		if (close_root(the))
			return 1;
		aliases = number_aliases(the);
	}
	file = open_output(argv[3]);
	print_root(the, file, argv[2], aliases);
	close_output(file, argv[3]);
	file = open_output(argv[4]);
	print_keys(the, file);
	close_output(file, argv[4]);
	return 0;
}
