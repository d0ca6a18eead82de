/* The runtime's call into the root of trust (root-call.h). */
#include "board-config.h"

#ifdef HF_ROLE_RUNTIME

	.section .text.hf_root_call, "ax"
	.balign 4
	.global hf_root_call
	.type hf_root_call, @function
hf_root_call:
	ecall /* arguments are where they belong; a0 and a1 come back, all else is kept */
	sw a1, 0(a5)
	ret

#endif
