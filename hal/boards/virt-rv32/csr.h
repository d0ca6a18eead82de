/* Access to control and status registers by name. */
#ifndef HOLDFAST_CSR_H
#define HOLDFAST_CSR_H

#include <stdint.h>

/* -march stays rv32imac: asking the compiler for zicsr would select libraries of another word size. */
#define CSR_OPTION ".option push\n\t.option arch, +zicsr\n\t"
/* The assembler does not know its name. */
#define CSR_MSECCFG "0x747"

#define CSR_READ(name)                                                                          \
	({                                                                                          \
		uint32_t csrValue;                                                                      \
		__asm__ volatile(CSR_OPTION "csrr %0, " name "\n\t.option pop" : "=r"(csrValue)::"memory"); \
		csrValue;                                                                               \
	})

#define CSR_WRITE(name, value) \
	__asm__ volatile(CSR_OPTION "csrw " name ", %0\n\t.option pop" ::"r"((uint32_t)(value)) : "memory")

#endif
