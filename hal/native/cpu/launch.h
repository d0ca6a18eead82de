/* What a stage checks of the image that it is about to start, and what it leaves for it. */
#ifndef HOLDFAST_LAUNCH_H
#define HOLDFAST_LAUNCH_H

#include <stdint.h>

typedef struct {
	const char* expected;
	uint32_t found;
} hfLaunchRefusal;

/* Checks the image header at payload and fills the hand-over block with data. Returns the address to enter at, or 0 when it
 * refuses. It does not verify signatures: whoever calls has done so on the bytes that lie there now. payloadLength is the
 * length that was signed (from the MCUboot header): what the image header claims must lie inside it. */
uint32_t hf_launch_prepare(uint32_t payload, uint32_t payloadLength, const void* data, uint32_t dataLength,
	hfLaunchRefusal* refusal);

#endif
