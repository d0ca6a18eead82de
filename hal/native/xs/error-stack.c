/* Error stacks without run-time cost: file and line are read from the byte code around each frame's program counter. */
#include "xsAll.h"

extern void hf_capture_error_stack(txMachine* the, txSlot* internal, txSlot* frame);

enum { MAXIMUM_FRAMES = 24 };

typedef struct {
	txID file;
	txU2 line;
} Position;

/* The compiler emits FILE once per function and LINE at each statement. XS ignores both without its debugger, so the
 * last ones before the program counter tell where it stands. Inner functions lie inside their parent's code and are
 * stepped over. Reads no further than target. */
static Position find_position(const txByte* code, const txByte* target) {
	Position position = { XS_NO_ID, 0 };
	const txByte* at = code;
	while (at < target) {
		txU1 operation = (txU1)*at;
		txS1 size = gxCodeSizes[operation];
		const txU1* operand = (const txU1*)at + 1;
		if (operation == XS_CODE_FILE)
			position.file = (txID)(operand[0] | (operand[1] << 8));
		else if (operation == XS_CODE_LINE)
			position.line = (txU2)(operand[0] | (operand[1] << 8));
		if (size > 0)
			at += size;
		else if (size == 0)
			at += 1 + sizeof(txID);
		else if (size == -1)
			at += 2 + operand[0];
		else if (size == -2)
			at += 3 + (operand[0] | (operand[1] << 8));
		else
			at += 5 + (txSize)((txU4)operand[0] | ((txU4)operand[1] << 8) | ((txU4)operand[2] << 16)
				| ((txU4)operand[3] << 24));
		switch (operation) {
		case XS_CODE_CODE_1: case XS_CODE_CODE_ARCHIVE_1:
			at += operand[0];
			break;
		case XS_CODE_CODE_2: case XS_CODE_CODE_ARCHIVE_2:
			at += operand[0] | (operand[1] << 8);
			break;
		case XS_CODE_CODE_4: case XS_CODE_CODE_ARCHIVE_4:
			at += (txSize)((txU4)operand[0] | ((txU4)operand[1] << 8) | ((txU4)operand[2] << 16)
				| ((txU4)operand[3] << 24));
			break;
		default:
			break;
		}
	}
	return position;
}

static txSlot* function_of(txSlot* frame) {
	txSlot* function = frame + 3;
	if ((function->kind == XS_REFERENCE_KIND) && mxIsFunction(function->value.reference))
		return function->value.reference;
	return C_NULL;
}

/* The name XS would show: the function's own name property, else the name it was compiled with. */
static void set_name(txMachine* the, txSlot* slot, txSlot* function) {
	txSlot* name = mxBehaviorGetProperty(the, function, mxID(_name), 0, XS_OWN);
	slot->value.key.string = C_NULL;
	if (name && ((name->kind == XS_STRING_KIND) || (name->kind == XS_STRING_X_KIND))) {
		if (name->kind == XS_STRING_X_KIND)
			slot->kind = XS_KEY_X_KIND;
		slot->value.key.string = name->value.string;
	}
	else {
		txSlot* code = mxFunctionInstanceCode(function);
		txSlot* key = (code->ID != XS_NO_ID) ? fxGetKey(the, code->ID) : C_NULL;
		if (key && ((key->kind == XS_KEY_KIND) || (key->kind == XS_KEY_X_KIND))) {
			slot->kind = key->kind;
			slot->value.key.string = key->value.key.string;
		}
	}
}

/* Takes the place of fxCaptureErrorStack in gxDefaults (xsDefaults.c is compiled with that name replaced). */
void hf_capture_error_stack(txMachine* the, txSlot* internal, txSlot* frame) {
	txSlot* slot = internal->value.reference = fxNewSlot(the);
	/* A frame holds the program counter of its caller; the top frame's own one is in the machine, unless a host
	 * function (the Error constructor) stands above it. */
	const txByte* counter = (frame == the->frame) ? the->code : the->frame->value.frame.code;
	txInteger count = 0;
	slot->kind = XS_INSTANCE_KIND;
	slot->value.instance.garbage = C_NULL;
	slot->value.instance.prototype = C_NULL;
	while (frame && frame->next && (count < MAXIMUM_FRAMES)) {
		txSlot* function = function_of(frame);
		if (function) {
			txSlot* code = mxFunctionInstanceCode(function);
			slot = slot->next = fxNewSlot(the);
			slot->flag = XS_GET_ONLY;
			slot->kind = XS_KEY_KIND;
			slot->ID = XS_NO_ID;
			set_name(the, slot, function);
			slot->value.key.sum = 0;
			if (((code->kind == XS_CODE_KIND) || (code->kind == XS_CODE_X_KIND)) && counter
				&& (counter >= code->value.code.address)) {
				Position position = find_position(code->value.code.address, counter);
				slot->ID = position.file;
				slot->value.key.sum = position.line;
			}
			count++;
		}
		counter = frame->value.frame.code;
		frame = frame->next;
	}
}
