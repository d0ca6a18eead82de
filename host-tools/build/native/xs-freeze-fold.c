/* Parts of a closed root that are equal become one: nothing writes to them, and nothing compares where they are. These are
 * the lists of variables that functions captured, and the slots that say where a function belongs. */
#include "xs-freeze.h"

enum { BUCKETS = 4096 };

typedef struct Entry {
	txSlot* slot;
	struct Entry* next;
} Entry;

static int is_same(const txSlot* a, const txSlot* b) {
	return (a->kind == b->kind) && (a->flag == b->flag) && (a->ID == b->ID) && (a->next == b->next)
		&& ((a->kind == XS_UNDEFINED_KIND)
			|| ((a->kind == XS_INSTANCE_KIND) ? (a->value.instance.prototype == b->value.instance.prototype)
				: (a->kind == XS_HOME_KIND) ? (a->value.home.object == b->value.home.object) && (a->value.home.module == b->value.home.module)
				: (a->kind == XS_CLOSURE_KIND) && (a->value.closure == b->value.closure)));
}

/* The first slot that was found equal to this one, which may be itself. Slots after it are settled. */
static txSlot* fold(Entry** table, txSlot* slot) {
	uintptr_t hash = (uintptr_t)slot->kind * 31 + (uintptr_t)slot->next / sizeof(txSlot);
	Entry** bucket;
	Entry* entry;
	if ((slot->kind == XS_CLOSURE_KIND) || (slot->kind == XS_HOME_KIND))
		hash += (uintptr_t)slot->value.reference / sizeof(txSlot) * 7;
	bucket = &table[hash % BUCKETS];
	for (entry = *bucket; entry; entry = entry->next)
		if (is_same(entry->slot, slot))
			return entry->slot;
	entry = malloc(sizeof(Entry));
	entry->slot = slot;
	entry->next = *bucket;
	*bucket = entry;
	return slot;
}

/* Settles a list from its end. Lists are as long as a function has captured variables. */
static txSlot* fold_list(Entry** table, txSlot* slot) {
	if (!slot)
		return C_NULL;
	slot->next = fold_list(table, slot->next);
	return fold(table, slot);
}

/* A function reads its captured variables by position. Their names are for eval, which does not exist; private names are
 * told apart by their ids. */
static void forget_variable_names(txMachine* the, txSlot* scope) {
	txSlot* variable;
	for (variable = scope->next->next; variable; variable = variable->next)
		if (!is_private_name(the, variable->ID))
			variable->ID = XS_NO_ID;
}

static int is_scope(txMachine* the, const txSlot* instance) {
	const txSlot* slot = instance->next;
	if ((instance == mxException.value.reference) || !slot || !(slot->flag & XS_INTERNAL_FLAG)
		|| (slot->ID != XS_ENVIRONMENT_BEHAVIOR) || (slot->kind != XS_UNDEFINED_KIND))
		return 0;
	for (slot = slot->next; slot; slot = slot->next)
		if (slot->kind != XS_CLOSURE_KIND)
			return 0;
	return 1;
}

void forget_scope_names(txMachine* the) {
	int index;
	for (index = 0; index < slot_count(); index++)
		if ((slot_at(index)->kind == XS_INSTANCE_KIND) && is_scope(the, slot_at(index)))
			forget_variable_names(the, slot_at(index));
}

/* Where a method belongs is asked by super alone. */
static void fold_home(Entry** table, txSlot* function) {
	txSlot* code = mxFunctionInstanceCode(function);
	txSlot* home = mxFunctionInstanceHome(function);
	if (((code->kind != XS_CODE_KIND) && (code->kind != XS_CODE_X_KIND)) || (home->kind != XS_HOME_KIND) || home->next)
		return;
	if ((code->value.code.address == (txByte*)gxNoCode) || !uses_super(code->value.code.address))
		home->value.home.object = C_NULL;
	home->ID = XS_NO_ID;
	code->next = fold(table, home);
}

void fold_slots(txMachine* the) {
	Entry** table = calloc(BUCKETS, sizeof(Entry*));
	txSlot* slot;
	int index;
	for (index = 0; index < slot_count(); index++) {
		slot = slot_at(index);
		if (!is_taken(slot) || (slot->kind != XS_INSTANCE_KIND))
			continue;
		if (is_scope(the, slot))
			slot->next = fold_list(table, slot->next);
		else if (mxIsFunction(slot))
			fold_home(table, slot);
	}
	for (index = 0; index < slot_count(); index++) {
		slot = slot_at(index);
		if (is_taken(slot) && ((slot->kind == XS_CODE_KIND) || (slot->kind == XS_CODE_X_KIND)) && slot->value.code.closures
			&& is_scope(the, slot->value.code.closures))
			slot->value.code.closures = fold(table, slot->value.code.closures);
	}
}
