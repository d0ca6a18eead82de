/* The switch between the worlds (DDI 0406C B1.5, B1.8.3): a C function that goes into the normal world and comes back when that
 * calls or hangs. Secure state is what AAPCS lets a function keep; everything else is the normal world's, kept in hfWorld. */
#include "board-config.h"
#include "world.h"

#ifdef HF_ROLE_ROOT

	.syntax unified
	.arm
	.arch_extension sec
	.fpu neon-vfpv4

#define MODE_SVC 0x13
#define MODE_MONITOR 0x16
/* NS; FIQ: to the monitor, and the normal world cannot mask it because FW is 0; SIF: secure code never comes from normal memory. */
#define SCR_NORMAL 0x205
#define SCR_SECURE 0x204
#define SCTLR_MMU_ALIGN_CACHES 0x1807 /* M, A, C, Z, I */
#define CPACR_VFP 0x00f00000
#define FPEXC_ENABLE 0x40000000

/* Before the first access to memory, monitor debug is switched off: watchpoints of the normal world would stop us, if the chip let
 * them (docs/design/0012). Only sp is free for that. */
	.macro secure_entry stop
	mov sp, #0
	mcr p14, 0, sp, c0, c2, 2 /* DBGDSCR */
	isb
	ldr sp, =hf_world
	stmia sp, {r0-r12}
	mov r0, #\stop
	.endm

	.section .text.hf_world, "ax"
	.balign 32
monitor_vectors:
	b unexpected
	b unexpected
	b on_call
	b unexpected
	b unexpected
	b unexpected
	b unexpected
	sub lr, lr, #4
	secure_entry 2 /* HF_STOP_WATCHDOG */
	b leave
on_call:
	secure_entry 1 /* HF_STOP_CALL */

/* Monitor mode, sp is hf_world, lr and spsr say where the normal world was. */
leave:
	mrs r1, spsr
	str lr, [sp, #WORLD_PC]
	str r1, [sp, #WORLD_PC + 4]
	ldr r1, =SCR_SECURE
	mcr p15, 0, r1, c1, c1, 0
	isb
	clrex
	mov r1, sp
	cps #MODE_SVC
	str sp, [r1, #WORLD_SVC]
	str lr, [r1, #WORLD_SVC + 4]
	ldr sp, [r1, #WORLD_SECURE_SP]
	/* CPACR and FPEXC are one for both worlds: it may have switched VFP off. */
	mrc p15, 0, r4, c1, c0, 2
	ldr r2, =CPACR_VFP
	mcr p15, 0, r2, c1, c0, 2
	isb
	vmrs r3, fpexc
	mov r2, #FPEXC_ENABLE
	vmsr fpexc, r2
	vmrs r2, fpscr
	add r5, r1, #WORLD_VFP
	stmia r5!, {r2-r4}
	vstmia r5!, {d0-d15}
	vstmia r5!, {d16-d31}
	pop {r2, r3}
	vmsr fpscr, r2
	vpop {d8-d15}
	add sp, sp, #4
	pop {r4-r11, pc}

/* int hf_world_run(void) */
	.global hf_world_run
	.type hf_world_run, %function
hf_world_run:
	ldr r0, =hf_world
	push {r4-r11, lr}
	sub sp, sp, #4 /* a multiple of 8 with the 9 before */
	vpush {d8-d15}
	vmrs r1, fpscr
	push {r1, r2}
	str sp, [r0, #WORLD_SECURE_SP]
	add r5, r0, #WORLD_VFP
	ldmia r5!, {r2-r4}
	vldmia r5!, {d0-d15}
	vldmia r5!, {d16-d31}
	vmsr fpscr, r2
	vmsr fpexc, r3
	mcr p15, 0, r4, c1, c0, 2
	ldr sp, [r0, #WORLD_SVC]
	ldr lr, [r0, #WORLD_SVC + 4]
	cps #MODE_MONITOR
	mov sp, r0
	clrex
	ldr r1, =SCR_NORMAL
	mcr p15, 0, r1, c1, c1, 0
	isb
	ldr lr, [sp, #WORLD_PC]
	ldr r1, [sp, #WORLD_PC + 4]
	msr spsr_cxsf, r1
	ldmia sp, {r0-r12}
	movs pc, lr

/* No other exception is routed here. */
unexpected:
	ldr r1, =SCR_SECURE
	mcr p15, 0, r1, c1, c1, 0
	isb
	cps #MODE_SVC
	ldr sp, =hf_fault_stack + 2048
	ldr r0, =monitor_exception
	bl hf_fatal
	.ltorg

/* void hf_world_start(void) */
	.global hf_world_start
	.type hf_world_start, %function
hf_world_start:
	ldr r0, =monitor_vectors
	mcr p15, 0, r0, c12, c0, 1 /* MVBAR */
	mov r0, #0xc00 /* VFP and NEON may be used by both worlds; cache lock-down, debug and the rest stay ours */
	mcr p15, 0, r0, c1, c1, 2 /* NSACR */
	/* The normal world's copy of SCTLR starts as ours, with MMU and caches off. */
	mrc p15, 0, r0, c1, c0, 0
	ldr r1, =SCTLR_MMU_ALIGN_CACHES
	bic r0, r0, r1
	cps #MODE_MONITOR
	ldr r1, =SCR_NORMAL
	mcr p15, 0, r1, c1, c1, 0
	isb
	mcr p15, 0, r0, c1, c0, 0
	ldr r1, =SCR_SECURE
	mcr p15, 0, r1, c1, c1, 0
	isb
	cps #MODE_SVC
	bx lr
	.ltorg

	.section .rodata.hf_world, "a"
monitor_exception:
	.asciz "monitor-exception"

#endif
