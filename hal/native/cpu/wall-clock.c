/* The wall clock behind Date: the timer plus an offset that TypeScript sets from a clock it trusts. */
#include "board-config.h"
#include "cpu.h"

static double offset;

static double since_reset(void) { return (double)hf_timer_count() * 1000.0 / HF_TIMER_FREQUENCY; }

double hf_wall_clock_milliseconds(void) { return offset + since_reset(); }

void hf_wall_clock_set(double milliseconds) { offset = milliseconds - since_reset(); }
