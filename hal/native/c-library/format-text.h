/* snprintf and vsnprintf for %s %d %i %u %x %c %% and their l forms. Both end the text with NUL and return its whole length. */
#ifndef HOLDFAST_FORMAT_TEXT_H
#define HOLDFAST_FORMAT_TEXT_H

#include <stdarg.h>
#include <stddef.h>

int hf_format_text(char* buffer, size_t size, const char* format, va_list values);
int hf_format(char* buffer, size_t size, const char* format, ...);

#endif
