/* Machine code of hostile-virt-a7.c. */
#include "board-config.h"

	.syntax unified
	.arm
	.arch_extension sec
	.fpu neon-vfpv4

#define MODE_SVC 0x13

	.section .text.hf_hostile, "ax"
	.balign 32
hostile_vectors:
	b .
	b on_fault
	b .
	b on_fault
	b on_fault
	b .
	b .
	b .

/* int hf_hostile_run(action, first, second, unprotected): 1 when the action faulted. */
	.global hf_hostile_run
	.type hf_hostile_run, %function
hf_hostile_run:
	push {r4-r11, lr}
	mrc p15, 0, r4, c12, c0, 0
	mrc p15, 0, r5, c1, c0, 0
	push {r4-r6}
	ldr r6, =hostile_sp
	str sp, [r6]
	ldr r6, =hostile_vectors
	mcr p15, 0, r6, c12, c0, 0
	cmp r3, #0
	ldrne r7, =0x1005 /* M, C, I */
	bicne r6, r5, r7
	mcrne p15, 0, r6, c1, c0, 0
	isb
	mov r4, r0
	mov r0, r1
	mov r1, r2
	blx r4
	mov r0, #0
	b 1f
on_fault:
	ldr r1, =hostile_sp
	ldr r1, [r1]
	cps #MODE_SVC
	mov sp, r1
	mov r0, #1
1:	pop {r4-r6}
	mcr p15, 0, r5, c1, c0, 0
	isb
	mcr p15, 0, r4, c12, c0, 0
	isb
	pop {r4-r11, pc}
	.ltorg

	.global hf_hostile_read
	.type hf_hostile_read, %function
hf_hostile_read:
	ldr r0, [r0]
	bx lr

	.global hf_hostile_write
	.type hf_hostile_write, %function
hf_hostile_write:
	str r1, [r0]
	bx lr

/* void hf_hostile_registers(in, out): r0 to r12, d0 to d31 and FPSCR before and after a call. */
	.global hf_hostile_registers
	.type hf_hostile_registers, %function
hf_hostile_registers:
	push {r4-r11, lr}
	vpush {d8-d15}
	vmrs r2, fpscr
	push {r1, r2}
	mov lr, r0
	add r0, r0, #52
	vldmia r0!, {d0-d15}
	vldmia r0!, {d16-d31}
	ldr r0, [r0]
	vmsr fpscr, r0
	ldmia lr, {r0-r12}
	smc #0
	push {r0-r12}
	ldr r0, [sp, #52] /* out */
	mov r1, sp
	mov r2, #13
1:	ldr r3, [r1], #4
	str r3, [r0], #4
	subs r2, r2, #1
	bne 1b
	vstmia r0!, {d0-d15}
	vstmia r0!, {d16-d31}
	vmrs r1, fpscr
	str r1, [r0]
	add sp, sp, #52
	pop {r1, r2}
	vmsr fpscr, r2
	vpop {d8-d15}
	pop {r4-r11, pc}

/* void hf_hostile_mode(mode, out): an echo from a mode; status, CPSR before and after, SP, LR and SPSR after. */
	.global hf_hostile_mode
	.type hf_hostile_mode, %function
hf_hostile_mode:
	push {r4-r11, lr}
	mov r11, r1
	mov r7, sp
	mov r12, lr
	mrs r6, cpsr
	and r5, r0, #0x1f
	bic r4, r6, #0x1f
	orr r4, r4, r5
	cmp r5, #0x11
	beq 2f /* FIQ has r8 to r12 of its own */
	msr cpsr_c, r4
	ldr sp, =0x12345678
	ldr lr, =0x87654321
	cmp r5, #0x1f
	ldrne r0, =0x600001d0
	msrne spsr_cxsf, r0
	mrs r8, cpsr
	mov r0, #1
	mov r1, #0
	mov r2, #0
	mov r3, #0
	mov r4, #0
	smc #0
	mrs r2, cpsr
	mov r3, sp
	mov r4, lr
	cmp r5, #0x1f
	mrsne r1, spsr
	msr cpsr_c, r6
	stmia r11!, {r0}
	mov r0, r8
	stmia r11!, {r0, r2, r3, r4}
	str r1, [r11]
	mov sp, r7
	mov lr, r12
	pop {r4-r11, pc}
2:	push {r11} /* on our own stack, which r7 still finds */
	msr cpsr_c, r4
	ldr sp, =0x12345678
	ldr lr, =0x87654321
	ldr r8, =0x600001d0
	msr spsr_cxsf, r8
	mrs r8, cpsr
	mov r0, #1
	mov r1, #0
	mov r2, #0
	mov r3, #0
	mov r4, #0
	smc #0
	mrs r2, cpsr
	mov r3, sp
	mov r4, lr
	mrs r5, spsr
	mov r1, r8
	msr cpsr_c, r6
	sub r7, r7, #4
	ldr r11, [r7]
	stmia r11, {r0-r5}
	add sp, r7, #4
	pop {r4-r11, pc}
	.ltorg

/* uint32_t hf_hostile_big_endian(number): its status, or 0x100 when the processor's byte order changed. */
	.global hf_hostile_big_endian
	.type hf_hostile_big_endian, %function
hf_hostile_big_endian:
	push {r4, lr}
	mov r1, #0
	mov r2, #0
	mov r3, #0
	mov r4, #0
	setend be
	smc #0
	mrs r1, cpsr
	setend le
	tst r1, #0x200
	moveq r0, #0x100
	pop {r4, pc}

/* uint32_t hf_hostile_vfp(number, reply, out): a call with VFP switched off and set to odd rounding. FPSCR and CPACR before and
 * after go to out. */
	.global hf_hostile_vfp
	.type hf_hostile_vfp, %function
hf_hostile_vfp:
	push {r4-r11, lr}
	mov r9, r2
	mov r3, r1 /* reply */
	mov r1, #0
	mov r2, #0
	vmrs r10, fpscr
	ldr r5, =0x03c09f00 /* default NaN, flush to zero, towards zero, traps */
	vmsr fpscr, r5
	vmrs r5, fpscr
	mrc p15, 0, r11, c1, c0, 2
	mov r4, #0
	vmsr fpexc, r4
	mov r6, #0xc0000000 /* ASEDIS, D32DIS, no access at all */
	mcr p15, 0, r6, c1, c0, 2
	isb
	mrc p15, 0, r6, c1, c0, 2
	mov r4, #16
	smc #0
	mrc p15, 0, r7, c1, c0, 2
	mcr p15, 0, r11, c1, c0, 2
	isb
	vmrs r4, fpexc
	tst r4, #0x40000000
	movne r0, #0x100 /* somebody switched it on */
	mov r4, #0x40000000
	vmsr fpexc, r4
	vmrs r8, fpscr
	vmsr fpscr, r10
	stmia r9!, {r5, r8}
	stmia r9, {r6, r7}
	pop {r4-r11, pc}
	.ltorg

/* Everything off, then a loop, then sleep. */
	.global hf_hang
	.type hf_hang, %function
hf_hang:
	cpsid aif
	mov r0, #0
	mvn r1, #0
	mcr p15, 0, r0, c14, c2, 1 /* CNTP_CTL */
	mcr p15, 0, r0, c14, c3, 1 /* CNTV_CTL */
	ldr r2, =HF_DEVICE_INTERRUPT_DISTRIBUTOR_BASE
	mov r3, #8
	add r4, r2, #0x180
1:	str r1, [r4], #4 /* GICD_ICENABLER */
	subs r3, r3, #1
	bne 1b
	str r0, [r2] /* GICD_CTLR */
	ldr r3, =HF_DEVICE_INTERRUPT_CPU_INTERFACE_BASE
	str r0, [r3] /* GICC_CTLR */
	str r0, [r3, #4] /* GICC_PMR */
	add r4, r2, #0x400
	mov r3, #72
1:	str r1, [r4], #4 /* GICD_IPRIORITYR */
	subs r3, r3, #1
	bne 1b
	mcr p15, 0, r0, c1, c0, 2 /* CPACR */
	ldr r3, =4000000
1:	subs r3, r3, #1
	bne 1b
2:	wfi
	b 2b
	.ltorg

/* uint32_t hf_hostile_thumb(number): from the end of an IT block. */
	.thumb
	.balign 4
	.global hf_hostile_thumb
	.type hf_hostile_thumb, %function
	.thumb_func
hf_hostile_thumb:
	push {r4, lr}
	movs r1, #0
	movs r2, #0
	movs r3, #0
	movs r4, #0
	cmp r4, #0
	itt eq
	moveq r12, r4
	smceq #0
	pop {r4, pc}

	.section .bss.hf_hostile, "aw", %nobits
	.balign 4
hostile_sp:
	.space 4
