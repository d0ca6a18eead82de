/* The console, polled: works before any driver and inside fault reports. */
#ifndef HOLDFAST_CONSOLE_OUTPUT_H
#define HOLDFAST_CONSOLE_OUTPUT_H

#include <stddef.h>

/* Writes bytes as they are; lines end with \r\n on the wire, which is the caller's business. */
void hf_console_write(const char* text, size_t byteLength);
/* The next byte that was received, or -1 when none is waiting. */
int hf_console_read(void);
/* Waits until the last byte left the device. */
void hf_console_flush(void);

#endif
