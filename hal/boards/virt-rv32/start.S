/* Reset and trap entry: first stage and root of trust in machine mode, the runtime in user mode, all in place from flash. */
#include "board-config.h"
#include "saved-state.h"
#include "services.h"

#define FAULT_STACK_TOP (hf_fault_stack + 2048)

	.option arch, +zicsr

	/* What the compiler takes for granted, on any stack. */
	.macro set_pointers
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	la tp, __tls_base
	.endm

	/* instruction x<n>, 4 * <n>(sp) for all registers but x0 and sp. */
	.macro for_registers instruction
	\instruction x1, 4(sp)
	.irp n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\instruction x\n, 4 * \n(sp)
	.endr
	.endm

/* The first stage's reset entry is the first instruction of flash; the image header follows at byte 32. */
	.section .hf_vectors, "ax"
	.balign 4
hf_first:
	j hf_reset
#ifdef HF_ROLE_ROM
	.org hf_first + 32
#endif

	.section .text.hf_start, "ax"
	.balign 4
	.global hf_reset
	.type hf_reset, @function
hf_reset:
	mv s11, a0 /* hand-over block; a hart number in the first stage */
	set_pointers /* first: the linker makes other addresses relative to gp */
	la sp, _stack_top
#ifndef HF_ROLE_RUNTIME
	csrw mie, zero
	li t0, 1 << 21 /* TW: user mode cannot put the processor to sleep for good. All else, MPRV above all, is off. */
	csrw mstatus, t0
	la t0, hf_trap
	csrw mtvec, t0
	la t0, FAULT_STACK_TOP
	csrw mscratch, t0
	/* A warm reset of an emulator does not clear these. User mode may read time, cycles and instructions. */
	csrw mcountinhibit, zero
	li t0, 7
	csrw mcounteren, t0
#endif
#ifdef HF_ROLE_ROM
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
	call hf_copy_words
#ifdef HF_ROLE_ROOT
	la t0, _ram_text_load /* becomes executable, and no longer writable, with memory protection */
	la t1, _ram_text_start
	la t2, _ram_text_end
	call hf_copy_words
#endif
	la t0, hf_hand_over_address
	sw s11, 0(t0)
#ifdef HF_ROLE_RUNTIME
	li a0, HF_SERVICE_FAULT_HANDLER
	la a1, hf_fault_entry
	la a2, FAULT_STACK_TOP - HF_STATE_LENGTH
	ecall
#else
	call hf_memory_protection_start
#endif
	call hf_processor_start
	call main
	call hf_cpu_power_off
1:	j 1b

/* Copies words from t0 to t1 up to t2. */
hf_copy_words:
1:	bgeu t1, t2, 2f
	lw t3, 0(t0)
	sw t3, 0(t1)
	addi t0, t0, 4
	addi t1, t1, 4
	j 1b
2:	ret

#ifdef HF_ROLE_RUNTIME

/* Where a fault in user mode continues, with sp and a0 at the saved state (services.h). */
hf_fault_entry:
	set_pointers
	call hf_exception
1:	j 1b

#else

	/* The rest of the saved state at sp, whose registers are saved but for sp, which mscratch holds. */
	.macro save_rest
	csrr t0, mscratch
	sw t0, 8(sp)
	csrr t0, mepc
	sw t0, 0(sp)
	csrr t0, mcause
	sw t0, HF_STATE_CAUSE(sp)
	csrr t0, mtval
	sw t0, HF_STATE_VALUE(sp)
	set_pointers /* before any other address: the linker makes them relative to gp, which was the interrupted code's */
	la t0, FAULT_STACK_TOP /* a fault while reporting starts the stack afresh; fault.c stops then */
	csrw mscratch, t0
	.endm

/* Traps out of machine mode end here: interrupts stay masked in it, so this is a fault. */
	.balign 4
hf_trap:
	csrrw sp, mscratch, sp
	addi sp, sp, -HF_STATE_LENGTH
	for_registers sw
	save_rest
	mv a0, sp
	call hf_exception
1:	j 1b

#endif

#ifdef HF_ROLE_ROM

/* void hf_jump_wiped(uint32_t entry, const void* handOver, uint32_t wipeStart, uint32_t wipeEnd): zeroes memory, its own stack
 * in it, and all registers, so that nothing but the hand-over block reaches the root of trust. */
	.balign 4
	.global hf_jump_wiped
	.type hf_jump_wiped, @function
hf_jump_wiped:
1:	bgeu a2, a3, 2f
	sw zero, 0(a2)
	addi a2, a2, 4
	j 1b
2:	mv t0, a0
	mv a0, a1
	csrw mscratch, zero
	csrw mepc, zero
	csrw mtval, zero
	.irp n, 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	mv x\n, zero
	.endr
	jr t0

#endif

#ifdef HF_ROLE_ROOT

	.equ FRAME, 64 /* ra and s0 to s11, rounded up */

	.macro for_kept_registers instruction
	\instruction ra, 0(sp)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	\instruction s\n, 4 * \n + 4(sp)
	.endr
	.endm

/* uint32_t hf_user_enter(hfSavedState* state): continues user mode as saved; returns, with mcause, at its next trap. All
 * registers come from the state, so that none shows user mode what machine mode held. */
	.balign 4
	.global hf_user_enter
	.type hf_user_enter, @function
hf_user_enter:
	addi sp, sp, -FRAME
	for_kept_registers sw
	la t0, machineStack
	sw sp, 0(t0)
	la t0, hf_user_trap
	csrw mtvec, t0
	csrw mscratch, a0
	li t0, 3 << 11 /* MPP: user */
	csrc mstatus, t0
	lw t0, 0(a0)
	csrw mepc, t0
	mv sp, a0
	for_registers lw
	lw sp, 8(sp)
	mret

	.balign 4
hf_user_trap:
	csrrw sp, mscratch, sp
	for_registers sw
	save_rest
	la t0, hf_trap
	csrw mtvec, t0
	lw a0, HF_STATE_CAUSE(sp)
	la t0, machineStack
	lw sp, 0(t0)
	for_kept_registers lw
	addi sp, sp, FRAME
	ret

	.section .bss.hf_start, "aw", @nobits
	.balign 4
machineStack:
	.zero 4

#endif
