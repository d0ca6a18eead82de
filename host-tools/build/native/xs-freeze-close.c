/* Closes a root: leaves out whatever the program it holds cannot reach. No module is ever loaded into a machine of a closed
 * root, so what its byte code does not mention does not exist. The rules are in docs/design/0016-tcb.md. */
#include "xs-freeze.h"

/* ---- which objects are the engine's own ---- */

static txSlot** builtins;
static int builtinCount;

static int compare_addresses(const void* a, const void* b) {
	const txSlot* const* left = a;
	const txSlot* const* right = b;
	return (*left < *right) ? -1 : (*left > *right);
}

void note_builtins(txMachine* the) {
	txSlot* heap;
	int capacity = 1 << 14;
	builtins = malloc((size_t)capacity * sizeof(txSlot*));
	fxCollectGarbage(the);
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot* slot = heap + 1;
		txSlot* limit = heap->value.reference;
		for (; slot < limit; slot++) {
			if (slot->kind != XS_INSTANCE_KIND)
				continue;
			if (builtinCount == capacity)
				die("expected at most %d built-in objects", capacity);
			builtins[builtinCount++] = slot;
		}
	}
	qsort(builtins, (size_t)builtinCount, sizeof(txSlot*), compare_addresses);
}

static int is_builtin(const txSlot* instance) {
	return bsearch(&instance, builtins, (size_t)builtinCount, sizeof(txSlot*), compare_addresses) != C_NULL;
}

/* ---- byte code: every function is a range of its module's code, inner ones inside outer ones ---- */

txSize operation_size(const txByte* at) {
	const txU1* bytes = (const txU1*)at;
	txS1 size = gxCodeSizes[bytes[0]];
	if (size > 0)
		return size;
	if (size == 0)
		return 1 + (txSize)sizeof(txID);
	if (size == -1)
		return 2 + bytes[1];
	if (size == -2)
		return 3 + (bytes[1] | (bytes[2] << 8));
	return 5 + (txSize)(bytes[1] | (bytes[2] << 8) | (bytes[3] << 16) | ((txU4)bytes[4] << 24));
}

static txID operand_id(const txByte* at) { return (txID)((txU1)at[1] | ((txU1)at[2] << 8)); }

/* Bytes of the function whose CODE operation stands here; 0 for any other operation. */
txSize function_size(const txByte* at) {
	const txU1* bytes = (const txU1*)at;
	switch (bytes[0]) {
	case XS_CODE_CODE_ARCHIVE_1: return bytes[1];
	case XS_CODE_CODE_ARCHIVE_2: return bytes[1] | (bytes[2] << 8);
	case XS_CODE_CODE_ARCHIVE_4: return (txSize)(bytes[1] | (bytes[2] << 8) | (bytes[3] << 16) | ((txU4)bytes[4] << 24));
	default: return 0;
	}
}

static const Module* module_of(const void* code) {
	int number;
	for (number = 0; number < root.moduleCount; number++) {
		const Module* module = &root.modules[number];
		if (module->code && ((const txByte*)code >= module->code) && ((const txByte*)code < module->code + module->codeSize))
			return module;
	}
	return C_NULL;
}

/* The operations of a module, inner functions included, lie in one row: a CODE operation is followed by its function. */
static txSize size_of_function(const Module* module, const txByte* code) {
	const txByte* at = module->code;
	while (at < module->code + module->codeSize) {
		txSize size = function_size(at);
		at += operation_size(at);
		if ((at == code) && (size > 0))
			return size;
	}
	die("%s: a function's byte code begins at no operation", module->name);
}

static void keep_function(const Module* module, const txByte* code) {
	memset(module->kept + (code - module->code), 1, (size_t)size_of_function(module, code));
}

const txByte* end_of_function(const txByte* code) { return code + size_of_function(module_of(code), code); }

/* Code before the first byte is that of a function around this one, which makes others like it at run time. */
int is_inner_function(const txByte* code) {
	const Module* module = module_of(code);
	return module->kept[code - module->code - 1];
}

int uses_super(const txByte* code) {
	const txByte* end = end_of_function(code);
	const txByte* at;
	for (at = code; at < end; at += operation_size(at)) {
		switch ((txU1)*at) {
		case XS_CODE_DELETE_SUPER: case XS_CODE_DELETE_SUPER_AT: case XS_CODE_GET_SUPER: case XS_CODE_GET_SUPER_AT:
		case XS_CODE_SET_SUPER: case XS_CODE_SET_SUPER_AT: case XS_CODE_STORE_ARROW: case XS_CODE_SUPER:
			return 1;
		default:
			break;
		}
	}
	return 0;
}

/* ---- what the program mentions ---- */

static const char* name_of(txMachine* the, txID id) {
	const txSlot* key = fxGetKey(the, id);
	return key && ((key->kind == XS_KEY_KIND) || (key->kind == XS_KEY_X_KIND)) ? key->value.key.string : C_NULL;
}

static txU1* mentioned; /* per id: byte code or a text of the program may look it up */
static txU1* needed; /* per id: its text must stay */
static int isOperationUsed[XS_CODE_COUNT];

int is_operation_used(int operation) { return isOperationUsed[operation]; }
int is_id_mentioned(txID id) { return mentioned[id]; }

static void mention(txID id) {
	if (id != XS_NO_ID)
		mentioned[id] = needed[id] = 1;
}

static void mention_text(txMachine* the, const char* text) {
	mention(fxFindName(the, (txString)(uintptr_t)text));
}

static void read_operation(txMachine* the, const txByte* at) {
	const txU1* bytes = (const txU1*)at;
	const txID id = operand_id(at);
	isOperationUsed[bytes[0]] = 1;
	switch (bytes[0]) {
	case XS_CODE_FILE: case XS_CODE_NEW_CLOSURE: case XS_CODE_NEW_LOCAL:
		break;
	case XS_CODE_ASYNC_FUNCTION: case XS_CODE_ASYNC_GENERATOR_FUNCTION: case XS_CODE_CONSTRUCTOR_FUNCTION:
	case XS_CODE_FUNCTION: case XS_CODE_GENERATOR_FUNCTION: case XS_CODE_NAME: case XS_CODE_NEW_PROPERTY: case XS_CODE_SYMBOL:
		needed[id] = 1;
		break;
	case XS_CODE_STRING_ARCHIVE_1:
		mention_text(the, (const char*)bytes + 2);
		break;
	case XS_CODE_STRING_ARCHIVE_2:
		mention_text(the, (const char*)bytes + 3);
		break;
	case XS_CODE_STRING_ARCHIVE_4:
		mention_text(the, (const char*)bytes + 5);
		break;
	default:
		if (gxCodeSizes[bytes[0]] == 0)
			mention(id);
		break;
	}
}

/* Local variables have names for a debugger's sake only, but for private names: their ids tell fields apart. */
int is_private_name(txMachine* the, txID id) {
	const char* name = name_of(the, id);
	return name && (name[0] == '#');
}

static void forget_local_name(txMachine* the, txByte* at) {
	if ((((txU1)*at == XS_CODE_NEW_CLOSURE) || ((txU1)*at == XS_CODE_NEW_LOCAL)) && !is_private_name(the, operand_id(at)))
		at[1] = at[2] = 0;
}

static void read_code(txMachine* the) {
	int number;
	for (number = 0; number < root.moduleCount; number++) {
		Module* module = &root.modules[number];
		txByte* at = module->code;
		if (!at)
			continue;
		while (at < module->code + module->codeSize) {
			if (module->kept[at - module->code]) {
				forget_local_name(the, at);
				read_operation(the, at);
			}
			at += operation_size(at);
		}
	}
}

/* ---- what is reachable ---- */

static void reach(txMachine* the, txSlot* slot);

static void reach_value(txMachine* the, txSlot* slot) {
	txIndex index;
	switch (slot->kind) {
	case XS_REFERENCE_KIND: case XS_CLOSURE_KIND:
		reach(the, slot->value.reference);
		break;
	case XS_INSTANCE_KIND:
		reach(the, slot->value.instance.prototype);
		break;
	case XS_ARRAY_KIND:
		for (index = 0; slot->value.array.address && (index < fxGetIndexSize(the, slot)); index++) {
			txSlot* item = slot->value.array.address + index;
			if ((item->kind == XS_STRING_KIND) || (item->kind == XS_STRING_X_KIND))
				mention_text(the, item->value.string);
			reach_value(the, item);
		}
		break;
	case XS_CALLBACK_KIND: case XS_CALLBACK_X_KIND:
		reach(the, slot->value.callback.closures);
		break;
	case XS_CODE_KIND: case XS_CODE_X_KIND:
		reach(the, slot->value.code.closures);
		if (slot->value.code.address != (txByte*)gxNoCode)
			keep_function(module_of(slot->value.code.address), slot->value.code.address);
		if (slot->ID != XS_NO_ID)
			needed[slot->ID] = 1;
		break;
	case XS_SYMBOL_KIND:
		needed[slot->value.symbol] = 1;
		break;
	case XS_AT_KIND:
		needed[slot->value.at.id] = 1;
		break;
	case XS_MAP_KIND: case XS_SET_KIND:
		for (index = 0; index < (txIndex)slot->value.table.length; index++)
			reach(the, slot->value.table.address[index]);
		break;
	case XS_ENTRY_KIND:
		reach(the, slot->value.entry.slot);
		break;
	case XS_ACCESSOR_KIND:
		reach(the, slot->value.accessor.getter);
		reach(the, slot->value.accessor.setter);
		break;
	case XS_HOME_KIND:
		reach(the, slot->value.home.object);
		reach(the, slot->value.home.module);
		break;
	case XS_LIST_KIND:
		reach(the, slot->value.list.first);
		break;
	case XS_PRIVATE_KIND:
		reach(the, slot->value.private.check);
		reach(the, slot->value.private.first);
		break;
	case XS_EXPORT_KIND:
		reach(the, slot->value.export.closure);
		reach(the, slot->value.export.module);
		break;
	default:
		break;
	}
}

/* Slots are followed along their chain, so that long objects and lists cost no C stack. */
static void reach(txMachine* the, txSlot* slot) {
	txSlot* instance = (slot && (slot->kind == XS_INSTANCE_KIND)) ? slot : C_NULL;
	const int isProgram = instance && !is_builtin(instance);
	while (slot && take_slot(slot)) {
		if (!(slot->flag & XS_INTERNAL_FLAG) && (slot->kind != XS_INSTANCE_KIND) && (slot->ID < the->keyIndex))
			needed[slot->ID] = 1;
		/* Texts in the program's own objects may be names that it looks up. */
		if (isProgram && ((slot->kind == XS_STRING_KIND) || (slot->kind == XS_STRING_X_KIND)))
			mention_text(the, slot->value.string);
		reach_value(the, slot);
		slot = slot->next;
	}
}

static void reach_all(txMachine* the) {
	txSlot* slot;
	int number;
	memset(mentioned, 0, (size_t)the->keyIndex);
	memset(needed, 0, (size_t)the->keyIndex);
	memset(isOperationUsed, 0, sizeof(isOperationUsed));
	for (number = 0; number < root.moduleCount; number++) {
		Module* module = &root.modules[number];
		if (module->code) {
			if (!module->kept)
				module->kept = malloc((size_t)module->codeSize);
			memset(module->kept, 0, (size_t)module->codeSize);
		}
	}
	forget_slots();
	for (slot = the->stack; slot < the->stackTop; slot++)
		reach_value(the, slot);
	read_code(the);
}

/* ---- what goes ---- */

/* Names that engine code looks up by itself in objects of a program or of its own. */
static const char* const engineNames[] = { "constructor", "done", "get", "length", "message", "name", "next", "prototype",
	"return", "set", "stack", "throw", "toString", "value", "valueOf", C_NULL };
/* ... and what it calls in built-ins, beyond those. */
static const char* const engineMethods[] = { "add", "byteLength", "join", "toISOString", "toJSON", C_NULL };

static int is_listed(const char* const* names, const char* name) {
	for (; name && *names; names++)
		if (!strcmp(*names, name))
			return 1;
	return 0;
}

static int is_iterating(void) { return isOperationUsed[XS_CODE_FOR_OF]; }
static int has_generators(void) { return isOperationUsed[XS_CODE_START_GENERATOR]; }

static int is_symbol_kept(txID id) {
	if ((id == mxID(_Symbol_iterator)))
		return is_iterating() || mentioned[mxID(_Map)] || mentioned[mxID(_Set)] || mentioned[mxID(_from)]
			|| mentioned[mxID(_fromEntries)] || mentioned[id];
	if (id == mxID(_Symbol_hasInstance))
		return isOperationUsed[XS_CODE_INSTANCEOF];
	if (id == mxID(_Symbol_toPrimitive))
		return 1;
	return mentioned[id];
}

static int is_property_kept(txMachine* the, const txSlot* property) {
	const txID id = property->ID;
	if (property->flag & XS_INTERNAL_FLAG)
		return 1;
	if (id < XS_SYMBOL_ID_COUNT)
		return is_symbol_kept(id);
	if (id == mxID(_constructor))
		return mentioned[id];
	if (mentioned[id] || ((id == mxID(_parse)) && mentioned[mxID(_Date)]))
		return 1;
	return is_listed(engineNames, name_of(the, id)) || is_listed(engineMethods, name_of(the, id));
}

static int unlink_properties(txMachine* the, txSlot* instance, int (*isKept)(txMachine* the, const txSlot* property)) {
	txSlot** address = &instance->next;
	int count = 0;
	while (*address) {
		if (isKept(the, *address))
			address = &(*address)->next;
		else {
			*address = (*address)->next;
			count++;
		}
	}
	return count;
}

static int is_internal(txMachine* the, const txSlot* property) {
	(void)the;
	return (property->flag & XS_INTERNAL_FLAG) != 0;
}

static int is_global_kept(txMachine* the, const txSlot* property) {
	(void)the;
	return (property->flag & XS_INTERNAL_FLAG) || mentioned[property->ID];
}

/* A method or accessor of a class. What is no function may be data that a program enumerates. */
static int is_member_kept(txMachine* the, const txSlot* property) {
	const txID id = property->ID;
	if ((property->flag & XS_INTERNAL_FLAG) || (id < XS_SYMBOL_ID_COUNT) || (id == mxID(_constructor)) || mentioned[id]
		|| is_listed(engineNames, name_of(the, id)))
		return 1;
	return !(property->flag & XS_DONT_ENUM_FLAG)
		|| !((property->kind == XS_ACCESSOR_KIND) || (mxIsReference(property) && mxIsFunction(property->value.reference)));
}

/* Instances of these exist only where the program names their constructor. */
static const txID constructed[] = { _DataView, _Date, _FinalizationRegistry, _Map, _Proxy, _RegExp, _Set, _WeakMap,
	_WeakRef, _WeakSet, _BigInt, _JSON, _Math, _Reflect, _Atomics, XS_NO_ID };

static txSlot* prototype_of(txMachine* the, txID id) {
	switch (id) {
	case _DataView: return &mxDataViewPrototype;
	case _Date: return &mxDatePrototype;
	case _FinalizationRegistry: return &mxFinalizationRegistryPrototype;
	case _Map: return &mxMapPrototype;
	case _Proxy: return &mxProxyPrototype;
	case _RegExp: return &mxRegExpPrototype;
	case _Set: return &mxSetPrototype;
	case _WeakMap: return &mxWeakMapPrototype;
	case _WeakRef: return &mxWeakRefPrototype;
	case _WeakSet: return &mxWeakSetPrototype;
	case _BigInt: return &mxBigIntPrototype;
	default: return C_NULL;
	}
}

static int empty(txMachine* the, txSlot* reference) {
	return (reference && mxIsReference(reference)) ? unlink_properties(the, reference->value.reference, is_internal) : 0;
}

static int is_used(txID id) {
	if (mentioned[id])
		return 1;
	if (id == _RegExp)
		return isOperationUsed[XS_CODE_REGEXP];
	if (id == _BigInt)
		return isOperationUsed[XS_CODE_BIGINT_1] || isOperationUsed[XS_CODE_BIGINT_2];
	return 0;
}

static int strip_intrinsics(txMachine* the) {
	int count = 0;
	const txID* id;
	for (id = constructed; *id != XS_NO_ID; id++)
		if (!is_used(*id))
			count += empty(the, prototype_of(the, *id));
	if (!mentioned[_Map])
		count += empty(the, &mxMapIteratorPrototype);
	if (!mentioned[_Set])
		count += empty(the, &mxSetIteratorPrototype);
	if (!is_used(_RegExp)) {
		count += empty(the, &mxRegExpStringIteratorPrototype);
		mxExecuteRegExpFunction.kind = XS_UNDEFINED_KIND;
		mxInitializeRegExpFunction.kind = XS_UNDEFINED_KIND;
	}
	if (!is_iterating())
		count += empty(the, &mxStringIteratorPrototype);
	if (!has_generators()) {
		count += empty(the, &mxGeneratorPrototype);
		count += empty(the, &mxGeneratorFunctionPrototype);
	}
	if (!mentioned[_Proxy])
		mxProxyAccessor.kind = XS_UNDEFINED_KIND;
	mxModuleAccessor.kind = XS_UNDEFINED_KIND;
	count += empty(the, &mxPromisePrototype);
	count += empty(the, &mxAsyncFunctionPrototype);
	count += empty(the, &mxAsyncIteratorPrototype);
	count += empty(the, &mxAsyncFromSyncIteratorPrototype);
	count += empty(the, &mxAsyncGeneratorPrototype);
	count += empty(the, &mxAsyncGeneratorFunctionPrototype);
	mxOnRejectedPromiseFunction.kind = XS_UNDEFINED_KIND;
	mxOnResolvedPromiseFunction.kind = XS_UNDEFINED_KIND;
	mxOnThenableFunction.kind = XS_UNDEFINED_KIND;
	return count;
}

/* The engine falls back on these by itself. */
static int is_constructor_needed(txID id) {
	switch (id) {
	case _Array: case _ArrayBuffer: return 1;
	case _RegExp: return is_used(_RegExp);
	default: return 0;
	}
}

static int strip_constructors(txMachine* the) {
	int count = 0;
	txID id;
	for (id = XS_SYMBOL_ID_COUNT; id < XS_INTRINSICS_COUNT; id++) {
		txSlot* slot = &the->stackPrototypes[-1 - id];
		if ((slot->kind != XS_UNDEFINED_KIND) && !mentioned[id] && !is_constructor_needed(id)) {
			slot->kind = XS_UNDEFINED_KIND;
			count++;
		}
	}
	return count;
}

static int is_text(const txSlot* slot) { return (slot->kind == XS_STRING_KIND) || (slot->kind == XS_STRING_X_KIND); }

/* The object that a function declaration makes for the case that someone calls it with new. Without it, new makes a plain
 * object; classes and generators have another first operation, or more in their prototype. */
static int is_unused_prototype(const txSlot* function, const txSlot* property) {
	const txSlot* code = mxFunctionInstanceCode(function);
	const txSlot* constructor = mxIsReference(property) ? property->value.reference->next : C_NULL;
	return ((code->kind == XS_CODE_KIND) || (code->kind == XS_CODE_X_KIND))
		&& ((txU1)code->value.code.address[0] == XS_CODE_BEGIN_STRICT)
		&& constructor && !constructor->next && (constructor->ID == mxID(_constructor)) && mxIsReference(constructor)
		&& (constructor->value.reference == function);
}

static int is_own_property_kept(txMachine* the, const txSlot* function, const txSlot* property) {
	txSlot* code = mxFunctionInstanceCode(function);
	if ((property->flag & XS_INTERNAL_FLAG) || !(property->flag & XS_DONT_ENUM_FLAG))
		return 1;
	if ((property->ID == mxID(_name)) && is_text(property)) {
		/* Error stacks then show what the engine keeps for itself. */
		if ((code->ID == XS_NO_ID) && ((code->kind == XS_CODE_KIND) || (code->kind == XS_CODE_X_KIND)))
			code->ID = fxFindName(the, property->value.string);
		return 0;
	}
	if (property->ID == mxID(_length))
		return property->kind != XS_INTEGER_KIND;
	return (property->ID != mxID(_prototype)) || !is_unused_prototype(function, property);
}

static int strip_function(txMachine* the, txSlot* function) {
	txSlot** address = &function->next;
	int count = 0;
	while (*address) {
		if (is_own_property_kept(the, function, *address))
			address = &(*address)->next;
		else {
			*address = (*address)->next;
			count++;
		}
	}
	return count;
}

/* The engine's own search would look into the alias table, which a root has none of. */
static const txSlot* object_property(const txSlot* instance, txID id) {
	const txSlot* property = instance->next;
	while (property && ((property->flag & XS_INTERNAL_FLAG) || (property->ID != id)))
		property = property->next;
	return (property && mxIsReference(property)) ? property->value.reference : C_NULL;
}

static int is_class_prototype(const txSlot* instance) {
	const txSlot* constructor = is_builtin(instance) ? C_NULL : object_property(instance, mxID(_constructor));
	return constructor && mxIsFunction(constructor) && (object_property(constructor, mxID(_prototype)) == instance);
}

static int strip_instances(txMachine* the) {
	int index, count = 0;
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		if ((slot->kind != XS_INSTANCE_KIND) || !is_taken(slot))
			continue;
		if (mxIsFunction(slot))
			count += strip_function(the, slot);
		if (slot == mxGlobal.value.reference)
			count += unlink_properties(the, slot, is_global_kept);
		else if (slot == mxRegExpPrototype.value.reference)
			continue; /* its methods and flags call each other */
		else if (is_builtin(slot))
			count += unlink_properties(the, slot, is_property_kept);
		else if (is_class_prototype(slot))
			count += unlink_properties(the, slot, is_member_kept);
	}
	return count;
}

/* ---- modules: all that is left of them is a place to hang functions from ---- */

static txSlot* main_function(txMachine* the) {
	txID name = fxFindName(the, root.main);
	txSlot* module;
	txSlot* export;
	for (module = mxProgram.value.reference->next; module; module = module->next) {
		txSlot* exports = mxModuleInstanceExports(module->value.reference);
		if ((module->ID != name) || !mxIsReference(exports))
			continue;
		for (export = exports->value.reference->next; export; export = export->next) {
			txSlot* value = (export->kind == XS_EXPORT_KIND) ? export->value.export.closure : C_NULL;
			if (value && (export->ID == mxID(_default)) && mxIsReference(value) && mxIsFunction(value->value.reference))
				return value;
		}
	}
	return C_NULL;
}

static void forget_modules(txMachine* the) {
	txSlot* shell = C_NULL;
	int index;
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		if ((slot->kind == XS_INSTANCE_KIND) && slot->next && (slot->next->kind == XS_MODULE_KIND)) {
			if (!shell) {
				shell = slot;
				shell->next->value.module.id = XS_NO_ID;
				shell->next->next = C_NULL;
			}
		}
	}
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		if ((slot->kind == XS_HOME_KIND) && slot->value.home.module)
			slot->value.home.module = shell;
	}
	mxProgram.value.reference->next = C_NULL;
	mxHosts.kind = XS_UNDEFINED_KIND;
}

/* ---- names: the text of an id that nothing mentions is nobody's ---- */

static void forget_chain(txSlot** address) {
	while (*address) {
		if (needed[(*address)->ID])
			address = &(*address)->next;
		else
			*address = (*address)->next;
	}
}

static void forget_names(txMachine* the) {
	txSlot* nameless = C_NULL;
	int modulo;
	txID id;
	for (id = 0; id < the->keyIndex; id++) {
		if ((id < XS_SYMBOL_ID_COUNT) || is_listed(engineNames, name_of(the, id)))
			needed[id] = 1;
		if (is_private_name(the, id))
			needed[id] = 0; /* its id is enough */
	}
	for (modulo = 0; modulo < (int)the->nameModulo; modulo++)
		forget_chain(&the->nameTable[modulo]);
	for (modulo = 0; modulo < (int)the->symbolModulo; modulo++)
		forget_chain(&the->symbolTable[modulo]);
	for (id = 0; id < the->keyIndex; id++) {
		txSlot* key = the->keyArray[id];
		if (!key)
			continue;
		if (!needed[id]) {
			if (!nameless) {
				nameless = key;
				nameless->next = C_NULL;
				nameless->kind = XS_KEY_KIND;
				nameless->value.key.string = (txString)(uintptr_t)"?";
				nameless->value.key.sum = 0;
			}
			the->keyArray[id] = key = nameless;
		}
		take_slot(key);
	}
}

/* ---- what has no meaning in a closed root ---- */

static const struct { txU1 operation; const char* what; } refusals[] = {
	{ XS_CODE_START_ASYNC, "async function" },
	{ XS_CODE_START_ASYNC_GENERATOR, "async generator" },
	{ XS_CODE_FOR_AWAIT_OF, "for await" },
	{ XS_CODE_IMPORT, "import()" },
	{ XS_CODE_IMPORT_META, "import.meta" },
	{ XS_CODE_EVAL, "eval" },
	{ XS_CODE_EVAL_TAIL, "eval" },
	{ XS_CODE_WITH, "with" },
};

static const char* refused(const txByte* at) {
	size_t index;
	for (index = 0; index < sizeof(refusals) / sizeof(refusals[0]); index++)
		if ((txU1)*at == refusals[index].operation)
			return refusals[index].what;
	if (((txU1)*at == XS_CODE_GET_VARIABLE) && (operand_id(at) == _Promise))
		return "Promise";
	return C_NULL;
}

/* The object of a module is its namespace; functions refer to theirs in a way of the engine's own. */
static int has_namespace(void) {
	int index;
	for (index = 0; index < slot_count(); index++) {
		const txSlot* slot = slot_at(index);
		if (mxIsReference(slot) && slot->value.reference->next && (slot->value.reference->next->kind == XS_MODULE_KIND))
			return 1;
	}
	return 0;
}

/* Nothing runs the jobs of promises there, and modules are gone. */
static int check_closed(void) {
	int number, count = has_namespace();
	if (count)
		fprintf(stderr, "preloaded modules: expected no import of a namespace in a closed root (\"strip\": \"*\"): import its names\n");
	for (number = 0; number < root.moduleCount; number++) {
		const Module* module = &root.modules[number];
		const txByte* at = module->code;
		while (at && (at < module->code + module->codeSize)) {
			const char* what = module->kept[at - module->code] ? refused(at) : C_NULL;
			if (what) {
				fprintf(stderr, "%s: expected no %s in a closed root (\"strip\": \"*\"), which runs no jobs and loads no modules\n",
					module->name, what);
				count++;
			}
			at += operation_size(at);
		}
	}
	return count;
}

int close_root(txMachine* the) {
	txSlot* function = main_function(the);
	if (!function) {
		fprintf(stderr, "%s: expected a function as the default export of the main module of a closed root\n", root.main);
		return 1;
	}
	mentioned = calloc((size_t)the->keyIndex, 1);
	needed = calloc((size_t)the->keyIndex, 1);
	/* Where a Compartment would find its global; the firmware takes it from here (hal/native/xs/main.c). */
	mxCompartmentGlobal.kind = function->kind;
	mxCompartmentGlobal.value = function->value;
	forget_modules(the);
	forget_scope_names(the);
	do
		reach_all(the);
	while (strip_instances(the) + strip_intrinsics(the) + strip_constructors(the));
	fold_slots(the);
	reach_all(the);
	forget_names(the);
	number_taken();
	return check_closed();
}
