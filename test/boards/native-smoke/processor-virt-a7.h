/* What the smoke test needs to know about the processor. */
#include <stdint.h>

#define HF_RETURN_WORD
#define HF_UNDEFINED "udf #7"

/* GICv2: lets interrupt 29 through to the processor, which stays masked. */
static inline void hf_enable_timer_interrupt(void) {
	*(volatile uint32_t*)0x08000100 = 1u << 29;
	*(volatile uint32_t*)0x08010004 = 0xff;
	*(volatile uint32_t*)0x08010000 = 1;
	*(volatile uint32_t*)0x08000000 = 1;
}
