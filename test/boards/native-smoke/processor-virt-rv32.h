/* What the smoke test needs to know about the processor. */
#define HF_RETURN_WORD + 2
#define HF_UNDEFINED "unimp"

static inline void hf_enable_timer_interrupt(void) {}
