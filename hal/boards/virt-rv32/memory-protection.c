/* Locked PMP entries: code is read-execute, RAM is never executable, guards catch stack overflow (Privileged ISA 1.12, 3.7).
 *
 * Lowest index wins, and an unlocked entry in front of a locked one would let machine mode through, so the locked ones come
 * first and the runtime's catch-all directly behind them. Addresses are written before the lock bit. Only naturally aligned
 * regions are used (emulators disagree about degenerate ranges). A warm reset of the emulator keeps locked entries: what is
 * written then is the same or is ignored, the mask ROM stays executable, and the slot that ran keeps being the one that may. */
#include "board-config.h"
#include "cpu.h"
#include "csr.h"

enum { R = 1, W = 2, X = 4, NAPOT = 3 << 3, LOCKED = 1 << 7 };

#define ENCODE(base, byteLength) (((base) >> 2) | (((byteLength) >> 3) - 1))
#define ALIGNED(base, byteLength) \
	_Static_assert((((byteLength) & ((byteLength) - 1)) == 0) && (((base) & ((byteLength) - 1)) == 0), \
		"a PMP region must be a power of two long and aligned to it")

enum { NULL_PAGE_LENGTH = 4096 };

ALIGNED(HF_BOOT_PARTITION_BASE, HF_BOOT_PARTITION_LENGTH);
ALIGNED(HF_SLOT_A_BASE, HF_SLOT_A_LENGTH);
ALIGNED(HF_SLOT_B_BASE, HF_SLOT_B_LENGTH);
ALIGNED(HF_BOOT_STACK_GUARD_BASE, HF_BOOT_STACK_GUARD_LENGTH);
ALIGNED(HF_RUNTIME_STACK_GUARD_BASE, HF_RUNTIME_STACK_GUARD_LENGTH);

ALIGNED(HF_RESET_ROM_BASE, HF_RESET_ROM_LENGTH);

#define EVERYTHING 0x1fffffffu /* 4 GiB */
#define FOUR(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define LOCKED_FOR_RUNTIME FOUR(LOCKED | NAPOT | R | X, LOCKED | NAPOT | R, LOCKED | NAPOT, LOCKED | NAPOT | R | W)

#ifdef HF_ROLE_BOOT

void hf_memory_protection_start(void) {
	CSR_WRITE("pmpaddr0", ENCODE(0u, NULL_PAGE_LENGTH));
	CSR_WRITE("pmpaddr1", ENCODE(HF_BOOT_PARTITION_BASE, HF_BOOT_PARTITION_LENGTH));
	CSR_WRITE("pmpaddr2", ENCODE(HF_BOOT_STACK_GUARD_BASE, HF_BOOT_STACK_GUARD_LENGTH));
	CSR_WRITE("pmpaddr3", ENCODE(HF_RESET_ROM_BASE, HF_RESET_ROM_LENGTH));
	CSR_WRITE("pmpaddr15", EVERYTHING);
	CSR_WRITE("pmpcfg1", 0);
	CSR_WRITE("pmpcfg2", 0);
	CSR_WRITE("pmpcfg0", FOUR(LOCKED | NAPOT, LOCKED | NAPOT | R | X, LOCKED | NAPOT, LOCKED | NAPOT | R | X));
	CSR_WRITE("pmpcfg3", FOUR(0, 0, 0, LOCKED | NAPOT | R | W));
}

/* The slot that runs becomes executable, the other one readable; neither can be written from now on. */
void hf_lock_for_runtime(uint32_t entry);
void hf_lock_for_runtime(uint32_t entry) {
	const int inA = (entry >= HF_SLOT_A_BASE) && (entry - HF_SLOT_A_BASE < HF_SLOT_A_LENGTH);
	const uint32_t a = ENCODE(HF_SLOT_A_BASE, HF_SLOT_A_LENGTH), b = ENCODE(HF_SLOT_B_BASE, HF_SLOT_B_LENGTH);
	CSR_WRITE("pmpaddr4", inA ? a : b);
	CSR_WRITE("pmpaddr5", inA ? b : a);
	CSR_WRITE("pmpaddr6", ENCODE(HF_RUNTIME_STACK_GUARD_BASE, HF_RUNTIME_STACK_GUARD_LENGTH));
	CSR_WRITE("pmpaddr7", EVERYTHING);
	CSR_WRITE("pmpcfg1", LOCKED_FOR_RUNTIME);
}

#else

/* The boot stage has locked everything; a runtime that was not started by it must not run. */
void hf_memory_protection_start(void) {
	if (CSR_READ("pmpcfg1") != LOCKED_FOR_RUNTIME)
		hf_fatal("memory-protection-not-locked");
}

#endif
