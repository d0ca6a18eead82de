/* Calls with registers that no compiler makes. */
	.option arch, +zicsr

	.section .text.odd_registers, "ax"
	.balign 4
/* uint32_t odd_registers(uint32_t number, uint32_t seed): calls with every register but a0 holding a pattern made of seed, sp,
 * gp and tp included; returns how many of them differ afterwards, a1 left out. */
	.global odd_registers
	.type odd_registers, @function
odd_registers:
	addi sp, sp, -64
	sw ra, 0(sp)
	sw gp, 4(sp)
	sw tp, 8(sp)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sw s\n, 4 * \n + 12(sp)
	.endr
	la t0, stackKept
	sw sp, 0(t0)
	mv t0, a1
	.irp n, 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	xori x\n, t0, \n
	.endr
	ecall
	li a0, 0 /* a0 was the answer */
	li a1, 0
	.irp n, 1, 2, 3, 4, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	xori x\n, x\n, \n
	beq x\n, t0, 1f
	addi a0, a0, 1
1:
	.endr
	.option push
	.option norelax
	la t0, stackKept
	.option pop
	lw sp, 0(t0)
	lw ra, 0(sp)
	lw gp, 4(sp)
	lw tp, 8(sp)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	lw s\n, 4 * \n + 12(sp)
	.endr
	addi sp, sp, 64
	ret

	.section .bss.stackKept, "aw", @nobits
	.balign 4
stackKept:
	.zero 4
