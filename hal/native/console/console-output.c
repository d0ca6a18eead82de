/* The two serial ports, polled. Register offsets: PL011 TRM (DDI 0183) 3.2; 16550D datasheet, table 1. */
#include "console-output.h"

#include <stdint.h>

#include "board-config.h"
#include "cpu.h"

#if defined(HF_CONSOLE_PL011)

enum { DATA = 0x00, FLAG = 0x18, FLAG_BUSY = 1 << 3, FLAG_RECEIVE_EMPTY = 1 << 4, FLAG_TRANSMIT_FULL = 1 << 5 };

static volatile uint32_t* reg(uint32_t offset) { return (volatile uint32_t*)(uintptr_t)(HF_CONSOLE_BASE + offset); }

void hf_console_write(const char* text, size_t byteLength) {
	for (size_t index = 0; index < byteLength; index++) {
		while (*reg(FLAG) & FLAG_TRANSMIT_FULL) {
		}
		*reg(DATA) = (uint8_t)text[index];
	}
}

/* Bits 8 to 11 of the register are errors of this byte: whoever reads checks what comes anyway. */
int hf_console_read(void) { return *reg(FLAG) & FLAG_RECEIVE_EMPTY ? -1 : (int)(*reg(DATA) & 0xff); }

void hf_console_flush(void) {
	while (*reg(FLAG) & FLAG_BUSY) {
	}
}

#elif defined(HF_CONSOLE_NS16550)

enum { RECEIVE = 0, TRANSMIT = 0, LINE_STATUS = 5, DATA_READY = 1, HOLDING_EMPTY = 1 << 5, TRANSMITTER_EMPTY = 1 << 6 };

static volatile uint8_t* reg(uint32_t offset) { return (volatile uint8_t*)(uintptr_t)(HF_CONSOLE_BASE + offset); }

/* Whoever reads the other end decides how long it takes: that is not counted, or no run would cost what the one before did. */
static void wait(uint8_t bit) {
	const uint64_t since = hf_cpu_instructions();
	while (!(*reg(LINE_STATUS) & bit)) {
	}
	hf_cpu_uncount(since);
}

void hf_console_write(const char* text, size_t byteLength) {
	for (size_t index = 0; index < byteLength; index++) {
		wait(HOLDING_EMPTY);
		*reg(TRANSMIT) = (uint8_t)text[index];
	}
}

int hf_console_read(void) { return *reg(LINE_STATUS) & DATA_READY ? *reg(RECEIVE) : -1; }

void hf_console_flush(void) {
	wait(TRANSMITTER_EMPTY);
}

#else
#error "board-config.h names no console driver that this file knows"
#endif
