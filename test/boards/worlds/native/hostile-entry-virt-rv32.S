/* Machine code of hostile-virt-rv32.c. */
#include "services.h"

	.macro each_saved instruction
	\instruction ra, 0(sp)
	\instruction s0, 4(sp)
	\instruction s1, 8(sp)
	\instruction s2, 12(sp)
	\instruction s3, 16(sp)
	\instruction s4, 20(sp)
	\instruction s5, 24(sp)
	\instruction s6, 28(sp)
	\instruction s7, 32(sp)
	\instruction s8, 36(sp)
	\instruction s9, 40(sp)
	\instruction s10, 44(sp)
	\instruction s11, 48(sp)
	.endm

	/* x5 to x9, then x10 to x31, through the base register. */
	.macro each_register instruction, base
	\instruction x5, 0(\base)
	\instruction x6, 4(\base)
	\instruction x7, 8(\base)
	\instruction x8, 12(\base)
	\instruction x9, 16(\base)
	.irp number, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	\instruction x\number, (\number - 5) * 4(\base)
	.endr
	.endm

	.section .text.hf_hostile, "ax"
	.balign 4

/* int hf_hostile_run(action, argument): 1 when the action faulted. */
	.global hf_hostile_run
	.type hf_hostile_run, @function
hf_hostile_run:
	addi sp, sp, -64
	each_saved sw
	la t0, hostile_sp
	sw sp, 0(t0)
	mv t0, a0
	mv a0, a1
	jalr t0
	li a0, 0
	j 1f
	.balign 4
	.global hf_hostile_fault
hf_hostile_fault:
	la t0, hostile_sp
	lw sp, 0(t0)
	li a0, 1
1:	each_saved lw
	addi sp, sp, 64
	ret

/* As the runtime's own handler does. */
	.balign 4
	.global hf_hostile_report
hf_hostile_report:
	call hf_exception
1:	j 1b

/* void hf_hostile_registers(in, out): x5 to x30 before and after a call. */
	.global hf_hostile_registers
	.type hf_hostile_registers, @function
hf_hostile_registers:
	addi sp, sp, -64
	each_saved sw
	sw a1, 52(sp)
	mv x31, a0
	each_register lw, x31
	ecall
	lw x31, 52(sp)
	each_register sw, x31
	each_saved lw
	addi sp, sp, 64
	ret

/* uint32_t hf_hostile_service(number, first, second) */
	.global hf_hostile_service
	.type hf_hostile_service, @function
hf_hostile_service:
	ecall
	ret

/* A loop, then sleep with no timer armed. */
	.global hf_hang
	.type hf_hang, @function
hf_hang:
	li a0, HF_SERVICE_TIMER_DISARM
	ecall
	li t0, 4000000
1:	addi t0, t0, -1
	bnez t0, 1b
2:	li a0, HF_SERVICE_WAIT
	ecall
	j 2b

	.section .bss.hf_hostile, "aw", @nobits
	.balign 4
hostile_sp:
	.space 4
