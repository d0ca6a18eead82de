/* What C code asks of the processor and the board; hal/boards/<board> implements the part that differs. */
#ifndef HOLDFAST_CPU_H
#define HOLDFAST_CPU_H

#include <stddef.h>
#include <stdint.h>

enum {
	HF_ROM_MAGIC = 0x54424648, /* "HFBT" */
	HF_ROOT_MAGIC = 0x4f524648, /* "HFRO" */
	HF_RUNTIME_MAGIC = 0x54524648, /* "HFRT" */
	HF_HAND_OVER_MAGIC = 0x4f484648 /* "HFHO" */
};

/* Bytes of data in a hand-over block: from ROM to root of trust, and from there to the runtime. */
enum { HF_ROOT_HAND_OVER_DATA_LENGTH = 2000, HF_RUNTIME_HAND_OVER_DATA_LENGTH = 192 };

/* First bytes of a payload; see image-header.S. */
typedef struct {
	uint32_t magic;
	uint32_t entry;
	uint32_t linkAddress;
	uint32_t codeLength;
	uint32_t archiveLength;
	uint32_t ramUsed;
	uint8_t rootHashStart[8];
} hfImageHeader;

/* What a stage leaves in the hand-over region for the stage that it starts. */
typedef struct {
	uint32_t magic;
	uint32_t byteLength; /* of this structure, data left out */
	uint32_t payload; /* address of the verified payload */
	uint32_t payloadLength; /* as signed */
	uint32_t codeLength; /* the linked part, rounded up to where the archive begins */
	uint32_t archiveLength;
	uint64_t instructions; /* executed by the stages before */
	uint32_t counter; /* low half of the hardware counter when instructions was taken */
	uint32_t dataLength; /* bytes used of data, written by the TypeScript of the stage before */
	uint8_t data[];
} hfHandOver;

extern const hfImageHeader hf_image_header;

/* Instructions executed since the emulator's reset by this stage and those before it, time in wait-for-interrupt excluded; in
 * the root of trust, time in the runtime excluded too. Exact only where the emulator counts (-icount shift=0); otherwise a clock. Must be called once in 2^32 instructions on virt-a7,
 * which every turn of the event loop does. */
uint64_t hf_cpu_instructions(void);
/* Makes hf_cpu_instructions go on from since, an earlier value of it: what was executed in between was waiting. */
void hf_cpu_uncount(uint64_t since);
/* Low 32 bits of the hardware counter: for stirring, never for secrets. */
uint32_t hf_cycle_counter(void);
/* Sleeps until an interrupt is pending, masked or not. */
void hf_cpu_wait_for_interrupt(void);
/* Free-running timer, HF_TIMER_FREQUENCY ticks a second. */
uint64_t hf_timer_count(void);
/* Makes wait-for-interrupt end when the timer reaches at. */
void hf_timer_arm(uint64_t at);
void hf_timer_disarm(void);

/* Milliseconds since 1970 as last set, advanced by the timer; milliseconds since reset before that. */
double hf_wall_clock_milliseconds(void);
void hf_wall_clock_set(double milliseconds);

/* The runtime asks the root of trust for both. */
void hf_cpu_reset(void) __attribute__((noreturn));
/* The exit code reaches the host where the board has a way to pass it on. */
void hf_cpu_power_off(int code) __attribute__((noreturn));
/* Ends a stage that cannot go on. A root of trust that is off is a device that is lost: it says the cause, one word, and resets.
 * The others power off with code 1: a ROM would do the same again at once. */
void hf_stop(const char* cause) __attribute__((noreturn));
/* Prints a fault line for a condition that software found, then ends as hf_fault_report does. */
void hf_fatal(const char* cause) __attribute__((noreturn));

/* The block that the stage before left, or NULL. Always NULL in the ROM. */
hfHandOver* hf_hand_over(void);
/* ROM only: erases all its RAM and jumps to a root of trust. The caller has checked the header and filled the hand-over. */
void hf_cpu_enter_root(uint32_t entry, hfHandOver* handOver) __attribute__((noreturn));

/* Called by start-up code before main, in this order. */
void hf_memory_protection_start(void);
void hf_processor_start(void);

int main(void);

#endif
