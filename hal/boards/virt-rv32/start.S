/* Reset and trap entry: machine mode, running in place from flash. */
#include "board-config.h"

	.option arch, +zicsr

/* The boot stage's reset entry is the first instruction of flash; the image header follows at byte 32. */
	.section .hf_vectors, "ax"
	.balign 4
hf_first:
	j hf_reset
#ifdef HF_ROLE_BOOT
	.org hf_first + 32
#endif

	.section .text.hf_start, "ax"
	.balign 4
	.global hf_reset
	.type hf_reset, @function
hf_reset:
	csrw mie, zero
	csrw mstatus, zero
	la t0, hf_trap
	csrw mtvec, t0
	mv s11, a0 /* hand-over block; a hart number in the boot stage */
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	la sp, _stack_top
	la tp, __tls_base
	la t0, hf_fault_stack + 2048
	csrw mscratch, t0
	/* Counters count, for us and not below us. The warm reset of an emulator does not clear these. */
	csrw mcountinhibit, zero
	csrw mcounteren, zero
#ifdef HF_ROLE_BOOT
	csrw minstret, zero
	csrw minstreth, zero
#endif

	la t0, _bss_start
	la t1, _bss_end
1:	bgeu t0, t1, 2f
	sw zero, 0(t0)
	addi t0, t0, 4
	j 1b
2:	la t0, _data_load
	la t1, _data_start
	la t2, _data_end
1:	bgeu t1, t2, 2f
	lw t3, 0(t0)
	sw t3, 0(t1)
	addi t0, t0, 4
	addi t1, t1, 4
	j 1b
2:
	la t0, hf_hand_over_address
	sw s11, 0(t0)
	call hf_memory_protection_start
	call hf_processor_start
	call main
	call hf_cpu_power_off
1:	j 1b

/* All traps end here: interrupts stay masked, so this is a fault. Builds a hfSavedState (exceptions.c) on the fault stack. */
	.balign 4
	.global hf_trap
hf_trap:
	csrrw sp, mscratch, sp
	addi sp, sp, -128
	sw x1, 4(sp)
	sw x3, 12(sp)
	sw x4, 16(sp)
	sw x5, 20(sp)
	sw x6, 24(sp)
	sw x7, 28(sp)
	sw x8, 32(sp)
	sw x9, 36(sp)
	sw x10, 40(sp)
	sw x11, 44(sp)
	sw x12, 48(sp)
	sw x13, 52(sp)
	sw x14, 56(sp)
	sw x15, 60(sp)
	sw x16, 64(sp)
	sw x17, 68(sp)
	sw x18, 72(sp)
	sw x19, 76(sp)
	sw x20, 80(sp)
	sw x21, 84(sp)
	sw x22, 88(sp)
	sw x23, 92(sp)
	sw x24, 96(sp)
	sw x25, 100(sp)
	sw x26, 104(sp)
	sw x27, 108(sp)
	sw x28, 112(sp)
	sw x29, 116(sp)
	sw x30, 120(sp)
	sw x31, 124(sp)
	csrr t0, mscratch /* the interrupted sp */
	sw t0, 8(sp)
	csrr t0, mepc
	sw t0, 0(sp)
	/* A fault while reporting starts the stack afresh; fault.c stops then. */
	la t0, hf_fault_stack + 2048
	csrw mscratch, t0
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	la tp, __tls_base
	mv a0, sp
	call hf_exception
1:	j 1b
