/* Reset and exception entry: ARM state, secure SVC, everything masked. */
#include "board-config.h"

	.syntax unified
	.arm

#define MODE_SVC 0x13
#define MODE_ABORT 0x17
#define SCTLR_MMU_ALIGN_CACHES 0x1807 /* M, A, C, Z, I */
#define SCTLR_HIGH_VECTORS_THUMB 0x40002000 /* TE, V */

/* Vector table: 32-byte aligned for VBAR. Offset 0 is the reset entry of the boot stage. */
	.section .hf_vectors, "ax"
	.balign 32
	.global hf_vectors
hf_vectors:
	b hf_reset
	b on_undefined
	b on_supervisor_call
	b on_prefetch_abort
	b on_data_abort
	b on_reserved
	b on_interrupt
	b on_fast_interrupt

	.section .text.hf_start, "ax"
	.balign 4
	.global hf_reset
	.type hf_reset, %function
hf_reset:
	cpsid aif, #MODE_SVC
	mov r11, r0 /* hand-over block, or nothing in the boot stage */
	mrc p15, 0, r0, c1, c0, 0
	ldr r1, =SCTLR_MMU_ALIGN_CACHES | SCTLR_HIGH_VECTORS_THUMB
	bic r0, r0, r1
	mcr p15, 0, r0, c1, c0, 0
	isb

#ifdef HF_ROLE_BOOT
	/* Still in flash at 0, where the same image lies as it is linked for secure RAM. Lengths come from the header at 0x20. */
	ldr r1, =HF_LINK_BASE
	mov r0, #0
	ldr r2, [r0, #0x2c] /* code */
	ldr r3, [r0, #0x30] /* archive */
	add r2, r2, r3
	add r2, r2, #31
	bic r2, r2, #31
	add r2, r1, r2
1:	ldmia r0!, {r3-r10}
	stmia r1!, {r3-r10}
	cmp r1, r2
	blo 1b
	dsb
	mov r0, #0
	mcr p15, 0, r0, c7, c5, 0 /* ICIALLU */
	isb
	ldr pc, =continue_in_ram
continue_in_ram:
#endif

	ldr r0, =hf_vectors
	mcr p15, 0, r0, c12, c0, 0 /* VBAR */

	/* VFP and NEON for both privilege levels. */
	mrc p15, 0, r0, c1, c0, 2
	orr r0, r0, #0xf00000
	mcr p15, 0, r0, c1, c0, 2
	isb
	mov r0, #0x40000000
	vmsr fpexc, r0

	/* Cycle counter: the boot stage starts it, the runtime goes on with it. */
#ifdef HF_ROLE_BOOT
	mov r0, #0x45 /* E, C (reset), LC */
#else
	mov r0, #0x41
#endif
	mcr p15, 0, r0, c9, c12, 0
	mov r0, #0x80000000
	mcr p15, 0, r0, c9, c12, 1

	ldr sp, =_stack_top
	ldr r0, =_bss_start
	ldr r1, =_bss_end
	mov r2, #0
1:	cmp r0, r1
	strlo r2, [r0], #4
	blo 1b
	ldr r0, =_data_load
	ldr r1, =_data_start
	ldr r2, =_data_end
1:	cmp r1, r2
	ldrlo r3, [r0], #4
	strlo r3, [r1], #4
	blo 1b

	ldr r0, =hf_hand_over_address
	str r11, [r0]
	bl hf_memory_protection_start
	bl hf_processor_start
	bl main
	bl hf_cpu_power_off
1:	b 1b
	.ltorg

/* Builds a hfSavedState (exceptions.c) on the fault stack and never returns. pc is lr minus the offset of the exception. */
	.macro fault_entry kind, offset
	ldr sp, =hf_fault_stack + 2048
	sub lr, lr, #\offset
	push {lr}
	push {r0-r12}
	mov r2, #\kind
	b report
	.endm

on_undefined:		fault_entry 1, 4
on_supervisor_call:	fault_entry 2, 4
on_prefetch_abort:	fault_entry 3, 4
on_data_abort:		fault_entry 4, 8
on_reserved:		fault_entry 5, 4
on_interrupt:		fault_entry 6, 4
on_fast_interrupt:	fault_entry 7, 4

report:
	mrs r1, spsr
	mrs r3, cpsr
	cps #MODE_SVC
	mov r4, sp
	mov r5, lr
	msr cpsr_c, r3
	push {r1, r2, r4, r5}
	mov r0, sp
	bl hf_exception
1:	b 1b
	.ltorg

/* hf_jump(entry, handOver): leaves C for the runtime with MMU and caches off. Runs from an identity mapping. */
	.global hf_jump
	.type hf_jump, %function
hf_jump:
	mov r4, r0
	mov r5, r1
	mrc p15, 0, r0, c1, c0, 0
	ldr r1, =SCTLR_MMU_ALIGN_CACHES
	bic r0, r0, r1
	mcr p15, 0, r0, c1, c0, 0
	isb
	mov r0, #0
	mcr p15, 0, r0, c8, c7, 0 /* TLBIALL */
	mcr p15, 0, r0, c7, c5, 0 /* ICIALLU */
	mcr p15, 0, r0, c7, c5, 6 /* BPIALL */
	dsb
	isb
	mov r0, r5
	bx r4
	.ltorg
