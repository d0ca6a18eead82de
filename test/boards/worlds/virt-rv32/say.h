/* One console line of the test's programs. */
#ifndef HOLDFAST_WORLDS_SAY_H
#define HOLDFAST_WORLDS_SAY_H

#include <stdarg.h>
#include <stdio.h>

#include "console-output.h"

static inline void say(const char* format, ...) __attribute__((format(printf, 1, 2)));
static inline void say(const char* format, ...) {
	char line[160];
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	hf_console_write(line, (size_t)length);
	hf_console_write("\r\n", 2);
}

/* Scenario of this run, in the first bytes of a partition that the stages can read. */
enum { SCENARIO_LENGTH = 32 };

/* Calls that the test's root of trust answers, beside those of the real one. */
enum { CALL_ECHO_REGISTERS = 1, CALL_WATCH = 2, CALL_FLASH = 3 };

#endif
