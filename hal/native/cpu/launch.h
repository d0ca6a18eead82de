/* The way from the boot stage into a verified runtime. */
#ifndef HOLDFAST_LAUNCH_H
#define HOLDFAST_LAUNCH_H

#include <stdint.h>

typedef struct {
	const char* expected;
	uint32_t found;
} hfLaunchRefusal;

/* Checks the runtime header at payload, fills the hand-over block with data and enters the runtime. Returns only when it
 * refuses. It does not verify signatures: whoever calls has done so on the bytes that lie there now. payloadLength is the
 * length that was signed (from the MCUboot header): what the runtime header claims must lie inside it. */
void hf_launch(uint32_t payload, uint32_t payloadLength, const void* data, uint32_t dataLength, hfLaunchRefusal* refusal);

#endif
