/* Puts small constants that a function of a closed root captured into its byte code: reading a captured variable and a small
 * integer take the same two bytes. */
#include "xs-freeze.h"

/* Which variable of its function an operation reads or writes, counted from 1; 0 for operations that name none. */
static int variable_of(const txByte* at) {
	const txU1* bytes = (const txU1*)at;
	switch (bytes[0]) {
	case XS_CODE_CONST_CLOSURE_1: case XS_CODE_CONST_LOCAL_1: case XS_CODE_GET_CLOSURE_1: case XS_CODE_GET_LOCAL_1:
	case XS_CODE_GET_PRIVATE_1: case XS_CODE_HAS_PRIVATE_1: case XS_CODE_LET_CLOSURE_1: case XS_CODE_LET_LOCAL_1:
	case XS_CODE_NEW_PRIVATE_1: case XS_CODE_PULL_CLOSURE_1: case XS_CODE_PULL_LOCAL_1: case XS_CODE_REFRESH_CLOSURE_1:
	case XS_CODE_REFRESH_LOCAL_1: case XS_CODE_RESET_CLOSURE_1: case XS_CODE_RESET_LOCAL_1: case XS_CODE_SET_CLOSURE_1:
	case XS_CODE_SET_LOCAL_1: case XS_CODE_SET_PRIVATE_1: case XS_CODE_STORE_1: case XS_CODE_VAR_CLOSURE_1:
	case XS_CODE_VAR_LOCAL_1:
		return bytes[1];
	case XS_CODE_CONST_CLOSURE_2: case XS_CODE_CONST_LOCAL_2: case XS_CODE_GET_CLOSURE_2: case XS_CODE_GET_LOCAL_2:
	case XS_CODE_GET_PRIVATE_2: case XS_CODE_HAS_PRIVATE_2: case XS_CODE_LET_CLOSURE_2: case XS_CODE_LET_LOCAL_2:
	case XS_CODE_NEW_PRIVATE_2: case XS_CODE_PULL_CLOSURE_2: case XS_CODE_PULL_LOCAL_2: case XS_CODE_REFRESH_CLOSURE_2:
	case XS_CODE_REFRESH_LOCAL_2: case XS_CODE_RESET_CLOSURE_2: case XS_CODE_RESET_LOCAL_2: case XS_CODE_SET_CLOSURE_2:
	case XS_CODE_SET_LOCAL_2: case XS_CODE_SET_PRIVATE_2: case XS_CODE_STORE_2: case XS_CODE_VAR_CLOSURE_2:
	case XS_CODE_VAR_LOCAL_2:
		return bytes[1] | (bytes[2] << 8);
	default:
		return 0;
	}
}

/* A function begins with BEGIN, makes room and takes its captured variables, so they are the first ones, in the list's order. */
static int takes_variables_first(const txByte* code, int count) {
	const txByte* at = code + operation_size(code);
	if (((txU1)*at == XS_CODE_RESERVE_1) || ((txU1)*at == XS_CODE_RESERVE_2))
		at += operation_size(at);
	return ((txU1)*at == XS_CODE_RETRIEVE_1) && ((txU1)at[1] == count);
}

/* The operation behind this one, past the function inside it that may follow. */
static const txByte* next_operation(const txByte* at) { return at + operation_size(at) + function_size(at); }

/* index counts from 0, as in the list of captured variables. */
int inline_constant(txByte* code, int index, int count, const txSlot* value) {
	const txByte* end = end_of_function(code);
	txByte* at;
	if ((value->kind != XS_INTEGER_KIND) || (value->value.integer < -128) || (value->value.integer > 127)
		|| is_inner_function(code) || !takes_variables_first(code, count))
		return 0;
	for (at = code; at < end; at = (txByte*)(uintptr_t)next_operation(at))
		if ((variable_of(at) == index + 1) && ((txU1)*at != XS_CODE_GET_CLOSURE_1))
			return 0;
	for (at = code; at < end; at = (txByte*)(uintptr_t)next_operation(at)) {
		if (variable_of(at) == index + 1) {
			at[0] = (txByte)XS_CODE_INTEGER_1;
			at[1] = (txByte)value->value.integer;
		}
	}
	return 1;
}
