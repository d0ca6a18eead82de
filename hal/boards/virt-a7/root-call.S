/* hf_root_call (hal/native/cpu/root-call.h): `smc` with the number and both buffers in r0 to r4. */
#include "board-config.h"

#ifdef HF_ROLE_RUNTIME

	.syntax unified
	.arm
	.arch_extension sec
	.section .text.hf_root_call, "ax"
	.balign 4
	.global hf_root_call
	.type hf_root_call, %function
hf_root_call:
	push {r4, lr}
	ldr r4, [sp, #8] /* replyCapacity */
	dsb
	smc #0
	ldr r2, [sp, #12] /* replyLength */
	str r1, [r2]
	pop {r4, pc}

#endif
