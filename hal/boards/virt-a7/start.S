/* Reset and exception entry: ARM state, SVC mode, everything masked. ROM and root of trust run in the secure world, the runtime in
 * the normal world. */
#include "board-config.h"

	.syntax unified
	.arm
	.fpu neon-vfpv4

#define MODE_SVC 0x13
#define SCTLR_MMU_ALIGN_CACHES 0x1807 /* M, A, C, Z, I */
#define SCTLR_HIGH_VECTORS_THUMB 0x40002000 /* TE, V */

/* Vector table: 32-byte aligned for VBAR. Offset 0 is the reset entry of the ROM. */
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
	mov r11, r0 /* hand-over block, or nothing in the ROM */
	mrc p15, 0, r0, c1, c0, 0
	ldr r1, =SCTLR_MMU_ALIGN_CACHES | SCTLR_HIGH_VECTORS_THUMB
	bic r0, r0, r1
	mcr p15, 0, r0, c1, c0, 0
	isb

#ifdef HF_ROLE_ROM
	/* Still in flash at 0, where the same image lies as it is linked for secure RAM. Lengths come from the header at 0x20. */
	ldr r1, =_image_start
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
	mov r0, #0xf00000
	mcr p15, 0, r0, c1, c0, 2
	isb
	mov r0, #0x40000000
	vmsr fpexc, r0

	/* Cycle counter: the ROM starts it, the others go on with it. */
#ifdef HF_ROLE_ROM
	mov r0, #0x45 /* E, C (reset), LC */
#else
	mov r0, #0x41
#endif
	mcr p15, 0, r0, c9, c12, 0
	mov r0, #0x80000000
	mcr p15, 0, r0, c9, c12, 1

	ldr sp, =_stack_top
#ifdef HF_ROLE_RUNTIME
	ldr r0, =_bss_start
	ldr r1, =_bss_end
#else
	/* A reset leaves what was in RAM, secrets among it: begin with nothing. */
	ldr r0, =HF_RAM_BASE
	ldr r1, =HF_RAM_BASE + HF_RAM_LENGTH
#endif
	bl erase
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

/* Writes zeros from r0 to r1, both multiples of 16. Uses r2 to r5 and no stack. */
erase:
	mov r2, #0
	mov r3, #0
	mov r4, #0
	mov r5, #0
1:	cmp r0, r1
	stmialo r0!, {r2-r5}
	blo 1b
	bx lr

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

#ifndef HF_ROLE_RUNTIME

/* Writes all dirty lines back and empties the data caches by set and way (DDI 0406C B2.2.4): who comes next starts with caches off.
 * Uses r0 to r3, r6 to r10 and no stack. */
	.section .text.hf_clean_caches, "ax"
	.balign 4
clean_caches:
	mov r10, #0 /* level << 1 */
1:	mcr p15, 2, r10, c0, c0, 0 /* CSSELR */
	isb
	mrc p15, 1, r0, c0, c0, 0 /* CCSIDR */
	and r1, r0, #7
	add r1, r1, #4 /* log2 of a line's bytes */
	ubfx r2, r0, #3, #10 /* highest way */
	clz r3, r2
	ubfx r6, r0, #13, #15 /* highest set */
2:	mov r7, r6
3:	orr r8, r10, r2, lsl r3
	orr r8, r8, r7, lsl r1
	mcr p15, 0, r8, c7, c14, 2 /* DCCISW */
	subs r7, r7, #1
	bge 3b
	subs r2, r2, #1
	bge 2b
	add r10, r10, #2
	cmp r10, #4
	blo 1b
	dsb
	bx lr

/* void hf_clean_caches(void) */
	.global hf_clean_caches
	.type hf_clean_caches, %function
hf_clean_caches:
	push {r4-r10, lr}
	bl clean_caches
	pop {r4-r10, pc}

#endif

#ifdef HF_ROLE_ROM

/* hf_leave(entry, handOver): the way to the root of trust. From the second instruction on nothing but registers is used, while all
 * RAM of the ROM, the memory for devices and the registers themselves lose what they held. Runs from an identity mapping. */
	.section .text.hf_leave, "ax"
	.balign 4
	.global hf_leave
	.type hf_leave, %function
hf_leave:
	mov r11, r0
	mov r12, r1
	mrc p15, 0, r0, c1, c0, 0
	ldr r1, =SCTLR_MMU_ALIGN_CACHES
	bic r0, r0, r1
	mcr p15, 0, r0, c1, c0, 0
	isb
	bl clean_caches
	mov r0, #0
	mcr p15, 0, r0, c8, c7, 0 /* TLBIALL */
	mcr p15, 0, r0, c7, c5, 0 /* ICIALLU */
	mcr p15, 0, r0, c7, c5, 6 /* BPIALL */
	dsb
	isb
	ldr r0, =HF_RAM_BASE
	ldr r1, =HF_RAM_BASE + HF_RAM_LENGTH
	bl erase
	ldr r0, =HF_MEMORY_DMA_BASE /* raw random bytes went through here */
	ldr r1, =HF_MEMORY_DMA_BASE + HF_MEMORY_DMA_LENGTH
	bl erase
	dsb
	.irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	veor q\number, q\number, q\number
	.endr
	vmsr fpscr, r2
	mov r1, #0
	mov r6, #0
	mov r7, #0
	mov r8, #0
	mov r9, #0
	mov r10, #0
	mov sp, #0
	mov lr, #0
	mov r0, r12
	bx r11
	.ltorg

#endif
