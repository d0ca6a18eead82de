/* What a frozen root must not hold: every object that the engine would write to in place, and every state that cannot be
 * frozen. Each refusal names the module and the object. The reasons are in docs/design/0001-frozen-root.md. */
#include "xs-freeze.h"

/* ---- where an object is: a breadth-first walk from the modules' exports and bindings ---- */

enum { PATH_LENGTH = 400 };

static char** paths; /* per heap slot: how a program would reach its instance */
static char* hidden; /* per heap slot: only the engine gets at the instance itself, such as a scope */
static txSlot** queue;
static int queueHead, queueTail;

static const char* key_text(txMachine* the, txID id) {
	txSlot* key = (id != XS_NO_ID) ? fxGetKey(the, id) : C_NULL;
	if (!key)
		return "";
	if ((key->kind == XS_KEY_KIND) || (key->kind == XS_KEY_X_KIND))
		return key->value.key.string;
	if ((key->kind == XS_STRING_KIND) || (key->kind == XS_STRING_X_KIND))
		return key->value.string;
	return "";
}

static void visit(txSlot* instance, const char* base, const char* separator, const char* name, int isHidden) {
	int number = slot_number(instance);
	char text[PATH_LENGTH];
	if (number < 0)
		return;
	if (!isHidden)
		hidden[number] = 0;
	if (paths[number])
		return;
	hidden[number] = (char)isHidden;
	snprintf(text, sizeof(text), "%.200s%s%.100s", base, separator, name);
	paths[number] = strdup(text);
	queue[queueTail++] = instance;
}

static void visit_value(const txSlot* value, const char* base, const char* separator, const char* name) {
	if (value->kind == XS_REFERENCE_KIND)
		visit(value->value.reference, base, separator, name, 0);
	else if (value->kind == XS_ACCESSOR_KIND) {
		if (value->value.accessor.getter)
			visit(value->value.accessor.getter, base, separator, name, 0);
		if (value->value.accessor.setter)
			visit(value->value.accessor.setter, base, separator, name, 0);
	}
	else if (((value->kind == XS_CLOSURE_KIND) && value->value.closure))
		visit_value(value->value.closure, base, separator, name);
}

/* Slots of the engine's own have no name, or none that a program would know. */
static const char* internal_name(const txSlot* instance, const char* name) {
	if (*name)
		return name;
	return ((instance->next->kind == XS_TYPED_ARRAY_KIND) || (instance->next->kind == XS_DATA_VIEW_KIND)) ? "buffer" : "state";
}

static void visit_properties(txMachine* the, txSlot* instance, const char* base) {
	txSlot* property;
	/* A module's own slots are lists of the engine's; what it exports is visited by itself. */
	if (instance->next && (instance->next->kind == XS_MODULE_KIND))
		return;
	if (instance->value.instance.prototype)
		visit(instance->value.instance.prototype, base, ".", "__proto__", 0);
	for (property = instance->next; property; property = property->next) {
		txSlot* item;
		txIndex index;
		char text[24];
		switch (property->kind) {
		case XS_ARRAY_KIND:
			item = property->value.array.address;
			for (index = 0; item && (index < fxGetIndexSize(the, property)); index++, item++) {
				snprintf(text, sizeof(text), "[%u]", (unsigned)index);
				visit_value(item, base, "", text);
			}
			break;
		case XS_CODE_KIND: case XS_CODE_X_KIND:
			if (property->value.code.closures)
				visit(property->value.code.closures, base, " binding", "", 1);
			break;
		case XS_HOME_KIND:
			/* The functions that settle a promise keep it there; what else is at home is also a property. */
			if (property->value.home.object && (instance->next->kind == XS_CALLBACK_KIND))
				visit(property->value.home.object, base, " ", "state", 1);
			break;
		case XS_PRIVATE_KIND:
			for (item = property->value.private.first; item; item = item->next)
				visit_value(item, base, ".", key_text(the, item->ID));
			break;
		case XS_MAP_KIND: case XS_SET_KIND:
			for (item = property->value.table.address ? property->next->value.list.first : C_NULL; item; item = item->next)
				visit_value(item, base, ".", "entry");
			break;
		default:
			visit_value(property, base, ".", internal_name(instance, key_text(the, property->ID)));
			break;
		}
	}
}

static void find_paths(txMachine* the) {
	txSlot* module;
	txSlot* property;
	int index;
	paths = calloc((size_t)slot_count(), sizeof(char*));
	hidden = calloc((size_t)slot_count(), 1);
	queue = calloc((size_t)slot_count() + 1, sizeof(txSlot*));
	for (module = mxProgram.value.reference->next; module; module = module->next) {
		const char* name = key_text(the, module->ID);
		txSlot* exports = mxModuleInstanceExports(module->value.reference);
		txSlot* export;
		if (!mxIsReference(exports))
			continue;
		for (export = exports->value.reference->next; export; export = export->next)
			if ((export->kind == XS_EXPORT_KIND) && export->value.export.closure)
				visit_value(export->value.export.closure, name, ": ", key_text(the, export->ID));
	}
	for (property = mxGlobal.value.reference->next; property; property = property->next)
		visit_value(property, "globalThis", ".", key_text(the, property->ID));
	for (index = XS_SYMBOL_ID_COUNT; index < XS_INTRINSICS_COUNT; index++)
		visit_value(&the->stackPrototypes[-1 - index], "built-in", " ", key_text(the, (txID)index));
	while (queueHead < queueTail) {
		txSlot* instance = queue[queueHead++];
		visit_properties(the, instance, paths[slot_number(instance)]);
	}
}

/* ---- the rules ---- */

static int refusalCount;

static void refuse(const txSlot* instance, const char* rule) {
	const char* path = paths[slot_number(instance)];
	fprintf(stderr, "%s: %s\n", path ? path : "preloaded modules: object that no export reaches", rule);
	refusalCount++;
}

static int has_object_key(const txSlot* first, int step) {
	const txSlot* entry;
	for (entry = first; entry; entry = entry->next) {
		if (entry->kind == XS_REFERENCE_KIND)
			return 1;
		if ((step == 2) && !(entry = entry->next))
			break;
	}
	return 0;
}

/* A program that reaches an object may harden it, which sets a flag in the object itself. */
static int can_be_hardened(txMachine* the, const txSlot* instance) {
	int number = slot_number(instance);
	return paths[number] && !hidden[number] && (instance != mxGlobal.value.reference);
}

static void check_instance(txMachine* the, const txSlot* instance) {
	txSlot* property;
	for (property = instance->next; property; property = property->next) {
		switch (property->kind) {
		case XS_MAP_KIND:
			if (!(property->flag & XS_DONT_SET_FLAG))
				refuse(instance, "expected a petrified Map, found one that can change: call petrify on it or make it at run time");
			else if (has_object_key(property->next->value.list.first, 2))
				refuse(instance, "expected Map keys that are no objects: their hash is an address");
			break;
		case XS_SET_KIND:
			if (!(property->flag & XS_DONT_SET_FLAG))
				refuse(instance, "expected a petrified Set, found one that can change: call petrify on it or make it at run time");
			else if (has_object_key(property->next->value.list.first, 1))
				refuse(instance, "expected Set members that are no objects: their hash is an address");
			break;
		case XS_WEAK_MAP_KIND: case XS_WEAK_SET_KIND:
			refuse(instance, "expected no WeakMap or WeakSet in a preloaded module: make it at run time");
			break;
		case XS_WEAK_REF_KIND: case XS_WEAK_ENTRY_KIND: case XS_FINALIZATION_REGISTRY_KIND: case XS_FINALIZATION_CELL_KIND:
			refuse(instance, "expected no WeakRef or FinalizationRegistry in a preloaded module: make it at run time");
			break;
		case XS_CLOSURE_KIND:
			if (property->value.closure && (property->value.closure->kind == XS_FINALIZATION_REGISTRY_KIND))
				refuse(instance, "expected no WeakRef or FinalizationRegistry in a preloaded module: make it at run time");
			break;
		case XS_ARRAY_BUFFER_KIND:
			if (!(property->flag & XS_DONT_SET_FLAG))
				refuse(instance, "expected a petrified ArrayBuffer, found one that can change: call petrify on its buffer or make it at run time");
			break;
		case XS_REGEXP_KIND:
			if (property->value.regexp.code && (property->value.regexp.code[0] & (XS_REGEXP_G | XS_REGEXP_Y)))
				refuse(instance, "expected a RegExp without flags g and y: matching would write its lastIndex");
			break;
		case XS_PROMISE_KIND:
			if (instance != mxPromisePrototype.value.reference)
				refuse(instance, "expected no Promise in a preloaded module: make it at run time");
			break;
		case XS_STACK_KIND:
			refuse(instance, "expected no generator or async state in a preloaded module");
			break;
		case XS_PROXY_KIND:
			refuse(instance, "expected no Proxy in a preloaded module");
			break;
		case XS_HOST_KIND:
			if (property->value.host.data || property->value.host.variant.destructor)
				refuse(instance, "expected no host data in a preloaded module");
			break;
		default:
			break;
		}
	}
	if (!(instance->flag & XS_DONT_MARSHALL_FLAG) && can_be_hardened(the, instance))
		refuse(instance, "expected a hardened object, found one that harden did not reach: call harden on it");
}

int check_root(txMachine* the) {
	int index;
	find_paths(the);
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		if (slot->kind == XS_INSTANCE_KIND)
			check_instance(the, slot);
	}
	return refusalCount;
}
