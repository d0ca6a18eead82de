/* What a frozen root must not hold: every object that the engine would write to in place, and every state that cannot be
 * frozen. Each refusal names the module and the object. The reasons are in docs/design/0001-frozen-root.md. */
#include "xs-freeze.h"

/* ---- where an object is: a breadth-first walk from the modules' exports and bindings ---- */

enum { PATH_LENGTH = 400 };

static char** paths; /* per heap slot: how a program would reach its instance */
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

static void visit(txSlot* instance, const char* base, const char* separator, const char* name) {
	int number = slot_number(instance);
	char text[PATH_LENGTH];
	if ((number < 0) || paths[number])
		return;
	snprintf(text, sizeof(text), "%.200s%s%.100s", base, separator, name);
	paths[number] = strdup(text);
	queue[queueTail++] = instance;
}

static void visit_value(const txSlot* value, const char* base, const char* separator, const char* name) {
	if (value->kind == XS_REFERENCE_KIND)
		visit(value->value.reference, base, separator, name);
	else if (value->kind == XS_ACCESSOR_KIND) {
		if (value->value.accessor.getter)
			visit(value->value.accessor.getter, base, separator, name);
		if (value->value.accessor.setter)
			visit(value->value.accessor.setter, base, separator, name);
	}
	else if (((value->kind == XS_CLOSURE_KIND) && value->value.closure))
		visit_value(value->value.closure, base, separator, name);
}

static void visit_properties(txMachine* the, txSlot* instance, const char* base) {
	txSlot* property;
	if (instance->value.instance.prototype)
		visit(instance->value.instance.prototype, base, ".", "__proto__");
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
				visit(property->value.code.closures, base, " binding", "");
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
			visit_value(property, base, ".", key_text(the, property->ID));
			break;
		}
	}
}

static void find_paths(txMachine* the) {
	txSlot* module;
	paths = calloc((size_t)slot_count(), sizeof(char*));
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
	while (queueHead < queueTail) {
		txSlot* instance = queue[queueHead++];
		visit_properties(the, instance, paths[slot_number(instance)]);
	}
}

/* ---- the rules ---- */

static int refusals;

static void refuse(txMachine* the, txSlot* instance, const char* rule) {
	const char* path;
	if (!paths)
		find_paths(the);
	path = paths[slot_number(instance)];
	fprintf(stderr, "%s: %s\n", path ? path : "unreachable object", rule);
	refusals++;
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

/* Objects of the engine's own that no program can reach as an object: module records, scopes, lists. */
static int is_bookkeeping(txMachine* the, const txSlot* instance) {
	const txSlot* first = instance->next;
	static int kept;
	(void)the;
	(void)kept;
	if (!first)
		return instance->value.instance.prototype == C_NULL;
	if ((first->flag & XS_INTERNAL_FLAG) && ((first->kind == XS_MODULE_KIND) || (first->ID == XS_ENVIRONMENT_BEHAVIOR)))
		return 1;
	return instance->value.instance.prototype == C_NULL;
}

static void check_instance(txMachine* the, txSlot* instance) {
	txSlot* property;
	for (property = instance->next; property; property = property->next) {
		switch (property->kind) {
		case XS_MAP_KIND:
			if (!(property->flag & XS_DONT_SET_FLAG))
				refuse(the, instance, "expected a petrified Map, found one that can change: call petrify on it or make it at run time");
			else if (has_object_key(property->next->value.list.first, 2))
				refuse(the, instance, "expected Map keys that are no objects: their hash is an address");
			break;
		case XS_SET_KIND:
			if (!(property->flag & XS_DONT_SET_FLAG))
				refuse(the, instance, "expected a petrified Set, found one that can change: call petrify on it or make it at run time");
			else if (has_object_key(property->next->value.list.first, 1))
				refuse(the, instance, "expected Set members that are no objects: their hash is an address");
			break;
		case XS_WEAK_MAP_KIND: case XS_WEAK_SET_KIND:
			refuse(the, instance, "expected no WeakMap or WeakSet in a preloaded module: make it at run time");
			break;
		case XS_WEAK_REF_KIND: case XS_WEAK_ENTRY_KIND: case XS_FINALIZATION_REGISTRY_KIND: case XS_FINALIZATION_CELL_KIND:
			refuse(the, instance, "expected no WeakRef or FinalizationRegistry in a preloaded module: make it at run time");
			break;
		case XS_ARRAY_BUFFER_KIND:
			if (!(property->flag & XS_DONT_SET_FLAG))
				refuse(the, instance, "expected a petrified ArrayBuffer, found one that can change: call petrify on its buffer or make it at run time");
			break;
		case XS_REGEXP_KIND:
			if (property->value.regexp.code && (property->value.regexp.code[0] & (XS_REGEXP_G | XS_REGEXP_Y)))
				refuse(the, instance, "expected a RegExp without flags g and y: matching would write its lastIndex");
			break;
		case XS_PROMISE_KIND:
			if (instance != mxPromisePrototype.value.reference)
				refuse(the, instance, "expected no Promise in a preloaded module: make it at run time");
			break;
		case XS_STACK_KIND:
			refuse(the, instance, "expected no generator or async state in a preloaded module");
			break;
		case XS_PROXY_KIND:
			refuse(the, instance, "expected no Proxy in a preloaded module");
			break;
		case XS_HOST_KIND:
			if (property->value.host.data || property->value.host.variant.destructor)
				refuse(the, instance, "expected no host data in a preloaded module");
			break;
		case XS_CALLBACK_KIND:
			break;
		default:
			break;
		}
	}
	if (!(instance->flag & XS_DONT_MARSHALL_FLAG) && !is_bookkeeping(the, instance) && (instance != mxGlobal.value.reference)) {
		if (!paths)
			find_paths(the);
		if (paths[slot_number(instance)])
			refuse(the, instance, "expected a hardened object, found one that harden did not reach");
	}
}

int check_root(txMachine* the) {
	int index;
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		if (slot->kind == XS_INSTANCE_KIND)
			check_instance(the, slot);
	}
	return refusals;
}
