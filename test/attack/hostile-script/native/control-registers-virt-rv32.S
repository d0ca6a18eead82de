/* A function that reads and one that writes each of the 4096 control and status registers. */
	.section .text.hf_control_registers, "ax"
	.balign 4
	.global hf_control_register_reads
hf_control_register_reads:
	.set number, 0
	.rept 4096
	.word (number << 20) | 0x2573 /* csrrs a0, number, zero */
	.word 0x8067 /* ret */
	.set number, number + 1
	.endr

	.global hf_control_register_writes
hf_control_register_writes:
	.set number, 0
	.rept 4096
	.word (number << 20) | 0x51073 /* csrrw zero, number, a0 */
	.word 0x8067
	.set number, number + 1
	.endr
