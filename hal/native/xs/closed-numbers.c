/* Numbers as texts for closed roots that never ask for fractions: whole numbers up to 2^53, without the engine's exact
 * conversion of fractions, which takes 10 KB. The build puts these in the place of the engine's functions
 * (host-tools/build/closed-engine.ts). What they cannot do is a TypeError. */
#include "machine.h"

extern hfMachine* hf_main_machine(void);
extern void* hf_closed_new_dtoa(void* the);
extern void hf_closed_delete_dtoa(void* dtoa);
extern txString hf_closed_number_to_string(void* the, txNumber value, txString buffer, txSize size, txByte mode,
	txInteger precision);
extern txNumber hf_closed_string_to_number(void* the, txString text, txFlag whole);
extern void hf_closed_number_prototype_to_string(txMachine* the);
extern txNumber hf_closed_pow(txNumber base, txNumber exponent);

/* A sign, 53 bits in base 2, a NUL. */
enum { LONGEST_TEXT = 56 };

/* The conversions are given this in place of their tables, and so know whom to tell of a mistake. */
void* hf_closed_new_dtoa(void* the) { return the; }
void hf_closed_delete_dtoa(void* dtoa) { (void)dtoa; }

static int is_whole(txNumber value) {
	return (value >= -9007199254740992.0) && (value <= 9007199254740992.0) && (c_trunc(value) == value);
}

/* Writes from the end of the room and returns where the text begins. */
static char* write_whole(char* end, txNumber value, uint32_t radix) {
	uint64_t rest = (uint64_t)((value < 0) ? -value : value);
	*--end = 0;
	do {
		*--end = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % radix];
		rest /= radix;
	} while (rest);
	if (value < 0)
		*--end = '-';
	return end;
}

static const char* special_text(txNumber value) {
	if (c_isnan(value))
		return "NaN";
	if (!c_isfinite(value))
		return (value < 0) ? "-Infinity" : "Infinity";
	return C_NULL;
}

txString hf_closed_number_to_string(void* machine, txNumber value, txString buffer, txSize size, txByte mode,
	txInteger precision) {
	txMachine* the = machine;
	const char* text = special_text(value);
	char room[LONGEST_TEXT];
	(void)precision;
	if (!text) {
		if (mode || !is_whole(value))
			mxTypeError("not in this machine: fraction as text");
		text = write_whole(room + sizeof(room), value, 10);
	}
	c_strncpy(buffer, text, (size_t)size - 1);
	buffer[size - 1] = 0;
	return buffer;
}

void hf_closed_number_prototype_to_string(txMachine* the) {
	const txSlot* slot = mxThis;
	txInteger radix = 10;
	char room[LONGEST_TEXT];
	const char* text;
	txNumber value;
	if (mxIsReference(slot) && slot->value.reference->next)
		slot = slot->value.reference->next;
	if ((slot->kind != XS_INTEGER_KIND) && (slot->kind != XS_NUMBER_KIND))
		mxTypeError("this is no number");
	if ((mxArgc > 0) && !mxIsUndefined(mxArgv(0)))
		radix = fxToInteger(the, mxArgv(0));
	if ((radix < 2) || (36 < radix))
		mxRangeError("invalid radix");
	value = (slot->kind == XS_INTEGER_KIND) ? slot->value.integer : slot->value.number;
	text = special_text(value);
	if (!text) {
		if (!is_whole(value))
			mxTypeError("not in this machine: fraction as text");
		text = write_whole(room + sizeof(room), value, (uint32_t)radix);
	}
	fxCopyStringC(the, mxResult, (txString)(uintptr_t)text);
}

static int digit_of(char character) {
	if (('0' <= character) && (character <= '9'))
		return character - '0';
	character |= 0x20;
	return (('a' <= character) && (character <= 'z')) ? character - 'a' + 10 : 99;
}

/* Reads digits while the number stays exact. Returns how many; -1 when there are too many. */
static int read_digits(txString* text, int radix, txNumber* value) {
	uint64_t exact = 0;
	int count;
	for (count = 0; digit_of(**text) < radix; (*text)++, count++) {
		exact = exact * (uint32_t)radix + (uint32_t)digit_of(**text);
		if (exact > 9007199254740992ull)
			return -1;
	}
	*value = (txNumber)exact;
	return count;
}

static int radix_of(txString text) {
	if (text[0] != '0')
		return 10;
	switch (text[1] | 0x20) {
	case 'x': return 16;
	case 'o': return 8;
	case 'b': return 2;
	default: return 10;
	}
}

/* As Number() reads a text, but for fractions, exponents and more than 53 bits. */
txNumber hf_closed_string_to_number(void* machine, txString text, txFlag whole) {
	txMachine* the = machine;
	int radix, isNegative, count;
	txNumber value;
	text = fxSkipSpaces(text);
	if (!*text)
		return whole ? 0 : C_NAN;
	radix = whole ? radix_of(text) : 10;
	isNegative = (radix == 10) && (*text == '-');
	text += (radix != 10) ? 2 : ((*text == '-') || (*text == '+'));
	if ((radix == 10) && !c_strncmp(text, "Infinity", 8)) {
		text += 8;
		count = 1;
		value = C_INFINITY;
	}
	else {
		count = read_digits(&text, radix, &value);
		if ((count < 0) || ((radix == 10) && ((*text == '.') || (count && ((*text | 0x20) == 'e')))))
			mxTypeError("not in this machine: text as fraction");
	}
	if (!count || (whole && *fxSkipSpaces(text)))
		return C_NAN;
	return isNegative ? -value : value;
}

/* Exact for powers of two, which is what byte layouts need. */
txNumber hf_closed_pow(txNumber base, txNumber exponent) {
	txMachine* the = hf_main_machine()->the;
	txNumber result = 1;
	uint32_t left;
	if (!is_whole(exponent) || (exponent < -2000) || (exponent > 2000))
		mxTypeError("not in this machine: power that is no small integer");
	if (exponent < 0)
		base = 1 / base;
	for (left = (uint32_t)((exponent < 0) ? -exponent : exponent); left; left >>= 1) {
		if (left & 1)
			result *= base;
		base *= base;
	}
	return result;
}
