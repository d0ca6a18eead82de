/* Checks of what TypeScript passes to native functions. */
#include "arguments.h"

static void present(xsMachine* the, xsIntegerValue index, const char* name) {
	if (xsmcArgc <= index)
		xsTypeError("%s: expected argument %d, found none", name, (int)index + 1);
}

static double integer(xsMachine* the, xsIntegerValue index, const char* name) {
	double value;
	present(the, index, name);
	switch (xsmcTypeOf(xsArg(index))) {
		case xsIntegerType:
		case xsNumberType:
			value = xsmcToNumber(xsArg(index));
			break;
		default:
			xsTypeError("%s: expected a number, found another type", name);
	}
	return value;
}

uint32_t hf_argument_unsigned(xsMachine* the, xsIntegerValue index, const char* name, uint32_t maximum) {
	const double value = integer(the, index, name);
	if (!((value >= 0) && (value <= 4294967295.0)))
		xsRangeError("%s: expected 0 to 0x%lx, found a number outside 32 bits", name, (unsigned long)maximum);
	const uint32_t result = (uint32_t)value;
	if ((double)result != value)
		xsRangeError("%s: expected an integer, found a fraction", name);
	if (result > maximum)
		xsRangeError("%s: expected 0 to 0x%lx, found 0x%lx", name, (unsigned long)maximum, (unsigned long)result);
	return result;
}

uint64_t hf_argument_long(xsMachine* the, xsIntegerValue index, const char* name) {
	const double value = integer(the, index, name);
	if (!((value >= 0) && (value <= 9007199254740991.0)))
		xsRangeError("%s: expected 0 to 2^53 - 1, found a number outside", name);
	const uint64_t result = (uint64_t)value;
	if ((double)result != value)
		xsRangeError("%s: expected an integer, found a fraction", name);
	return result;
}

void hf_argument_object(xsMachine* the, xsIntegerValue index, const char* name) {
	present(the, index, name);
	if (xsmcTypeOf(xsArg(index)) != xsReferenceType)
		xsTypeError("%s: expected an object, found another type", name);
}

const uint8_t* hf_argument_bytes(xsMachine* the, xsIntegerValue index, const char* name, uint32_t* byteLength) {
	void* data = NULL;
	xsUnsignedValue count = 0;
	hf_argument_object(the, index, name);
	xsmcGetBufferReadable(xsArg(index), &data, &count);
	*byteLength = (uint32_t)count;
	return data;
}

uint8_t* hf_argument_writable_bytes(xsMachine* the, xsIntegerValue index, const char* name, uint32_t* byteLength) {
	void* data = NULL;
	xsUnsignedValue count = 0;
	hf_argument_object(the, index, name);
	xsmcGetBufferWritable(xsArg(index), &data, &count);
	*byteLength = (uint32_t)count;
	return data;
}

const uint8_t* hf_argument_bytes_of(xsMachine* the, xsIntegerValue index, const char* name, uint32_t byteLength) {
	uint32_t found;
	const uint8_t* data = hf_argument_bytes(the, index, name, &found);
	if (found != byteLength)
		xsRangeError("%s: expected %lu bytes, found %lu", name, (unsigned long)byteLength, (unsigned long)found);
	return data;
}
