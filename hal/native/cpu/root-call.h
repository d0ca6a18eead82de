/* The runtime's side of a call into the root of trust (docs/design/0012); hal/boards/<board>/root-call.S implements it. */
#ifndef HOLDFAST_ROOT_CALL_H
#define HOLDFAST_ROOT_CALL_H

#include <stdint.h>

/* Calls that C makes itself, as protocol/root-calls numbers them. */
enum { HF_CALL_RESET = 19, HF_CALL_POWER_OFF = 20 };

/* The reason that HF_CALL_RESET carries. */
enum { HF_RESET_REQUESTED = 1 };

/* Asks the root of trust. Request and reply lie in the runtime's own RAM, do not overlap and have at most 4096 bytes; nothing is
 * read or written where a length is 0. Returns a status and the bytes written to reply. Uses little stack and no data, so that
 * fault reports may call it. */
uint32_t hf_root_call(uint32_t number, const void* request, uint32_t requestLength, void* reply, uint32_t replyCapacity,
	uint32_t* replyLength);

#endif
