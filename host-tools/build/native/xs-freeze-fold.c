/* Parts of a closed root that are equal become one: nothing writes to them, and nothing compares where they are. These are
 * the lists of variables that functions captured, and the slots that say where a function belongs. */
#include "xs-freeze.h"

/* ---- captured variables ---- */

/* A function with captured variables points to a scope: an instance, a slot of the engine's, then a slot for each variable.
 * All that is ever read is as many variables as the function asks for, from the third slot on. So the lists of all functions
 * fit into one chain, in which they overlap, and what stands two slots before a list does for its scope. */
typedef struct {
	txSlot** variables;
	int count;
	int isInside; /* another list contains it */
	int position; /* in the chain; -1 before it is known */
} List;

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

/* Names of variables are for eval, which does not exist; private names are told apart by their ids. */
void forget_scope_names(txMachine* the) {
	int index;
	for (index = 0; index < slot_count(); index++) {
		txSlot* slot = slot_at(index);
		txSlot* variable = ((slot->kind == XS_INSTANCE_KIND) && is_scope(the, slot)) ? slot->next->next : C_NULL;
		for (; variable; variable = variable->next)
			if (!is_private_name(the, variable->ID))
				variable->ID = XS_NO_ID;
	}
}

/* One that the function does not read has no value: any variable may stand in its place. */
static int is_same_variable(const txSlot* a, const txSlot* b) {
	return (a->value.closure == b->value.closure) && (a->flag == b->flag) && (a->ID == b->ID);
}

static int is_same_run(txSlot* const* run, txSlot* const* variables, int count) {
	int index;
	for (index = 0; index < count; index++)
		if (variables[index]->value.closure && !is_same_variable(run[index], variables[index]))
			return 0;
	return 1;
}

/* Where the whole of a list stands in a run of variables; -1 when it does not. */
static int find_run(txSlot* const* run, int runCount, const List* list) {
	int at;
	for (at = 0; at + list->count <= runCount; at++)
		if (is_same_run(run + at, list->variables, list->count))
			return at;
	return -1;
}

static List read_list(const txSlot* scope) {
	List list = { C_NULL, 0, 0, -1 };
	txSlot* variable;
	for (variable = scope->next->next; variable; variable = variable->next) {
		list.variables = realloc(list.variables, (size_t)(list.count + 1) * sizeof(txSlot*));
		list.variables[list.count++] = variable;
	}
	return list;
}

static void forget_constants(List* list, txByte* code) {
	int index;
	for (index = 0; index < list->count; index++)
		if (inline_constant(code, index, list->count, list->variables[index]->value.closure))
			list->variables[index]->value.closure = C_NULL;
}

/* Functions that share their code may have captured different values, and those that share a scope may read others. */
static int is_shared(txSlot* const* users, int count, int index) {
	int other;
	for (other = 0; other < count; other++)
		if ((other != index) && ((users[other]->value.code.address == users[index]->value.code.address)
			|| (users[other]->value.code.closures == users[index]->value.code.closures)))
			return 1;
	return 0;
}

static void mark_inner_lists(List* lists, int count) {
	int outer, inner;
	for (inner = 0; inner < count; inner++) {
		for (outer = 0; (outer < count) && !lists[inner].isInside; outer++) {
			const int isLonger = (lists[outer].count > lists[inner].count)
				|| ((lists[outer].count == lists[inner].count) && (outer < inner));
			if (isLonger && (find_run(lists[outer].variables, lists[outer].count, &lists[inner]) >= 0))
				lists[inner].isInside = 1;
		}
	}
}

/* How many variables at the end of the chain are the first ones of the list. */
static int overlap(txSlot* const* chain, int count, const List* list) {
	int length = (list->count < count) ? list->count : count;
	while ((length > 0) && !is_same_run(chain + count - length, list->variables, length))
		length--;
	return length;
}

/* Appends the list that overlaps most, until all are in. Returns the length of the chain. */
static int chain_lists(List* lists, int listCount, txSlot** chain) {
	int chainCount = 0;
	for (;;) {
		List* best = C_NULL;
		int bestLength = -1, index;
		for (index = 0; index < listCount; index++) {
			List* list = &lists[index];
			const int length = (list->isInside || (list->position >= 0)) ? -1 : overlap(chain, chainCount, list);
			if (length > bestLength) {
				bestLength = length;
				best = list;
			}
		}
		if (!best)
			return chainCount;
		best->position = chainCount - bestLength;
		memcpy(chain + chainCount, best->variables + bestLength, (size_t)(best->count - bestLength) * sizeof(txSlot*));
		chainCount += best->count - bestLength;
	}
}

static txSlot* closures_of(txMachine* the, const txSlot* slot) {
	const int isCode = (slot->kind == XS_CODE_KIND) || (slot->kind == XS_CODE_X_KIND);
	return (isCode && is_taken(slot) && slot->value.code.closures && is_scope(the, slot->value.code.closures))
		? slot->value.code.closures : C_NULL;
}

static void fold_scopes(txMachine* the) {
	List* lists = calloc((size_t)slot_count(), sizeof(List));
	txSlot** users = calloc((size_t)slot_count(), sizeof(txSlot*));
	txSlot** chain;
	txSlot* scope = C_NULL;
	int count = 0, total = 0, index;
	for (index = 0; index < slot_count(); index++) {
		txSlot* closures = closures_of(the, slot_at(index));
		if (!closures)
			continue;
		scope = scope ? scope : closures;
		users[count] = slot_at(index);
		lists[count] = read_list(closures);
		total += lists[count++].count;
	}
	if (!scope)
		return;
	for (index = 0; index < count; index++)
		if (!is_shared(users, count, index))
			forget_constants(&lists[index], users[index]->value.code.address);
	chain = calloc((size_t)total + 2, sizeof(txSlot*));
	chain[0] = scope;
	chain[1] = scope->next;
	mark_inner_lists(lists, count);
	total = chain_lists(lists, count, chain + 2);
	for (index = 0; index < count; index++)
		users[index]->value.code.closures = chain[(lists[index].position >= 0) ? lists[index].position
			: find_run(chain + 2, total, &lists[index])];
	/* A variable may stand in the chain more than once, but every place has a slot of its own. */
	for (index = 0; index < total + 1; index++)
		chain[index]->next = chain[index + 1];
	chain[total + 1]->next = C_NULL;
}

/* ---- where functions belong ---- */

enum { MAXIMUM_HOMES = 1024 };

static int is_belonging_asked(const txSlot* code) {
	const int isCode = (code->kind == XS_CODE_KIND) || (code->kind == XS_CODE_X_KIND);
	return isCode && (code->value.code.address != (txByte*)gxNoCode) && uses_super(code->value.code.address);
}

/* Where a method belongs is asked by super alone. */
static void fold_homes(void) {
	static txSlot* homes[MAXIMUM_HOMES];
	int count = 0, index, known;
	for (index = 0; index < slot_count(); index++) {
		txSlot* function = slot_at(index);
		txSlot* code = (is_taken(function) && (function->kind == XS_INSTANCE_KIND) && mxIsFunction(function))
			? mxFunctionInstanceCode(function) : C_NULL;
		txSlot* home = code ? code->next : C_NULL;
		if (!home || (home->kind != XS_HOME_KIND))
			continue;
		if (!is_belonging_asked(code))
			home->value.home.object = C_NULL;
		home->ID = XS_NO_ID;
		if (home->next)
			continue;
		for (known = 0; known < count; known++)
			if ((homes[known]->flag == home->flag) && (homes[known]->value.home.object == home->value.home.object)
				&& (homes[known]->value.home.module == home->value.home.module))
				break;
		if (known < count)
			code->next = homes[known];
		else if (count < MAXIMUM_HOMES)
			homes[count++] = home;
	}
}

void fold_slots(txMachine* the) {
	if (!is_operation_used(XS_CODE_EVAL_REFERENCE)) /* looks for names in scopes */
		fold_scopes(the);
	fold_homes();
}
