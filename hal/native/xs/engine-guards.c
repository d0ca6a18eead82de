/* What XS itself would do wrong on a frozen root: write to objects in flash, and let key ids wrap. Each guard takes the place
 * of one engine function; host-tools/build/program.ts renames or wraps the originals. */
#include "machine.h"

/* Ids are 16 bits and XS adds to them without a check. */
enum { HIGHEST_KEY_COUNT = 0xfff0 };

extern txBoolean hf_engine_define_own_property(txMachine* the, txSlot* instance, txID id, txIndex index, txSlot* slot,
	txFlag mask);
extern txBoolean __real_fxDefinePrivateProperty(txMachine* the, txSlot* instance, txSlot* check, txID id, txSlot* slot,
	txFlag mask);
extern txBoolean __wrap_fxDefinePrivateProperty(txMachine* the, txSlot* instance, txSlot* check, txID id, txSlot* slot,
	txFlag mask);
extern void __real_fxGrowKeys(txMachine* the, txID count);
extern void __wrap_fxGrowKeys(txMachine* the, txID count);

/* Slots of the root carry the collector's mark for ever; those of a machine never outside a collection. An alias id says
 * that the engine copies the object before it writes. */
static int is_frozen(const txSlot* instance) { return (instance->flag & XS_MARK_FLAG) && !instance->ID; }

/* The engine returns early when a descriptor says nothing new of a constant, but not when it speaks of enumerable or
 * configurable alone: then it would write the flags that are there already. Object.freeze does that to accessors. */
txBoolean fxOrdinaryDefineOwnProperty(txMachine* the, txSlot* instance, txID id, txIndex index, txSlot* slot, txFlag mask) {
	const txSlot* property;
	if (!is_frozen(instance) || (mask & (XS_ACCESSOR_FLAG | XS_DONT_SET_FLAG)) || (slot->kind != XS_UNINITIALIZED_KIND))
		return hf_engine_define_own_property(the, instance, id, index, slot, mask);
	property = mxBehaviorGetProperty(the, instance, id, index, XS_OWN);
	if (!property)
		return 0;
	if ((mask & XS_DONT_DELETE_FLAG) && !(slot->flag & XS_DONT_DELETE_FLAG))
		return 0;
	return !((mask & XS_DONT_ENUM_FLAG) && ((property->flag ^ slot->flag) & XS_DONT_ENUM_FLAG));
}

/* The engine's own table names the original, which is renamed, so the table is ours too. */
const txBehavior gxOrdinaryBehavior = {
	fxOrdinaryGetProperty,
	fxOrdinarySetProperty,
	fxOrdinaryCall,
	fxOrdinaryConstruct,
	fxOrdinaryDefineOwnProperty,
	fxOrdinaryDeleteProperty,
	fxOrdinaryGetOwnProperty,
	fxOrdinaryGetPropertyValue,
	fxOrdinaryGetPrototype,
	fxOrdinaryHasProperty,
	fxOrdinaryIsExtensible,
	fxOrdinaryOwnKeys,
	fxOrdinaryPreventExtensions,
	fxOrdinarySetPropertyValue,
	fxOrdinarySetPrototype,
};

/* A constructor that returns a shared object would have the private fields of its subclass stamped onto flash. Refused
 * like a second stamping: with a TypeError. */
txBoolean __wrap_fxDefinePrivateProperty(txMachine* the, txSlot* instance, txSlot* check, txID id, txSlot* slot,
	txFlag mask) {
	if (instance->flag & XS_MARK_FLAG)
		return 0;
	return __real_fxDefinePrivateProperty(the, instance, check, id, slot, mask);
}

void __wrap_fxGrowKeys(txMachine* the, txID count) {
	const txU4 growth = (count > the->keyDelta) ? count : the->keyDelta;
	if ((txU4)the->keyCount + growth > HIGHEST_KEY_COUNT)
		fxAbort(the, XS_NO_MORE_KEYS_EXIT);
	__real_fxGrowKeys(the, count);
}
