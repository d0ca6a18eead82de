/* What the smoke test needs to know about the processor. */
#include <stdint.h>

#define HF_RETURN_WORD
#define HF_UNDEFINED "udf #7"

/* The timers of the two worlds have interrupts of their own. */
#ifdef HF_ROLE_RUNTIME
#define HF_TIMER_INTERRUPT 30
#else
#define HF_TIMER_INTERRUPT 29
#endif

/* GICv2: lets the timer's interrupt through to the processor, which stays masked. */
static inline void hf_enable_timer_interrupt(void) {
	*(volatile uint32_t*)0x08000100 = 1u << HF_TIMER_INTERRUPT;
	*(volatile uint32_t*)0x08010004 = 0xff;
	*(volatile uint32_t*)0x08010000 = 1;
	*(volatile uint32_t*)0x08000000 = 1;
}
