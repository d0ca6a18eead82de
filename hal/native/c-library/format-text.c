/* The few printf conversions that XS puts into its error messages, in place of the C library's printf with its floats, files and
 * locales. Anything else is copied as it stands. */
#include "format-text.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	char* at;
	size_t left; /* bytes that may still be written, without the NUL */
	int length; /* of the whole text, whether it fits or not */
} Target;

static void put(Target* target, const char* text, size_t length) {
	size_t count = (length < target->left) ? length : target->left;
	memcpy(target->at, text, count);
	target->at += count;
	target->left -= count;
	target->length += (int)length;
}

static void put_number(Target* target, unsigned long value, unsigned base, int isNegative) {
	char digits[3 * sizeof(value) + 1];
	char* at = digits + sizeof(digits);
	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (isNegative)
		*--at = '-';
	put(target, at, (size_t)(digits + sizeof(digits) - at));
}

int hf_format_text(char* buffer, size_t size, const char* format, va_list values) {
	Target target = { buffer, size ? size - 1 : 0, 0 };
	const char* start = format;
	while (*format) {
		const char* conversion = format;
		const char* text;
		int isLong = 0;
		long number;
		if (*format++ != '%')
			continue;
		put(&target, start, (size_t)(conversion - start));
		start = conversion;
		for (; *format == 'l'; format++)
			isLong = 1;
		switch (*format) {
		case 's':
			text = va_arg(values, const char*);
			text = text ? text : "(null)";
			put(&target, text, strlen(text));
			break;
		case 'd': case 'i':
			number = isLong ? va_arg(values, long) : va_arg(values, int);
			put_number(&target, (number < 0) ? 0UL - (unsigned long)number : (unsigned long)number, 10, number < 0);
			break;
		case 'u':
			put_number(&target, isLong ? va_arg(values, unsigned long) : va_arg(values, unsigned), 10, 0);
			break;
		case 'x':
			put_number(&target, isLong ? va_arg(values, unsigned long) : va_arg(values, unsigned), 16, 0);
			break;
		case 'c':
			put(&target, (char[]){ (char)va_arg(values, int) }, 1);
			break;
		case '%':
			put(&target, "%", 1);
			break;
		default:
			continue; /* not ours: stays in the text */
		}
		start = ++format;
	}
	put(&target, start, (size_t)(format - start));
	if (size)
		*target.at = 0;
	return target.length;
}

int hf_format(char* buffer, size_t size, const char* format, ...) {
	va_list values;
	int length;
	va_start(values, format);
	length = hf_format_text(buffer, size, format, values);
	va_end(values);
	return length;
}
