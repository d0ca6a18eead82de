/* native:root. */
#include "arguments.h"
#include "root-call.h"

enum { HIGHEST_CALL = 0x7fff, REPLY_LENGTH_SHIFT = 16 };

void native_root_call(xsMachine* the) {
	const uint32_t number = hf_argument_unsigned(the, 0, "number", HIGHEST_CALL);
	uint32_t requestLength, replyCapacity, replyLength;
	/* Nothing allocates from here on: the addresses stay what they are. */
	const uint8_t* request = hf_argument_bytes(the, 1, "request", &requestLength);
	uint8_t* reply = hf_argument_writable_bytes(the, 2, "reply", &replyCapacity);
	const uint32_t status = hf_root_call(number, request, requestLength, reply, replyCapacity, &replyLength);
	xsmcSetInteger(xsResult, (xsIntegerValue)(status | (replyLength << REPLY_LENGTH_SHIFT)));
}
