/* native:console. */
#include <string.h>

#include "arguments.h"
#include "console-output.h"

void native_console_write(xsMachine* the) {
	if (xsmcArgc < 1)
		xsTypeError("text: expected argument 1, found none");
	if (xsmcTypeOf(xsArg(0)) == xsStringType) {
		const char* text = xsmcToString(xsArg(0));
		hf_console_write(text, strlen(text));
		return;
	}
	uint32_t byteLength;
	const uint8_t* bytes = hf_argument_bytes(the, 0, "text", &byteLength);
	hf_console_write((const char*)bytes, byteLength);
}

void native_console_read(xsMachine* the) { xsmcSetInteger(xsResult, hf_console_read()); }
