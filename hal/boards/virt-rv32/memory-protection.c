/* Locked PMP entries: code is read-execute, RAM is never executable, guards catch stack overflow (Privileged ISA 1.12, 3.7).
 *
 * Lowest index wins, and an unlocked entry in front of a locked one would let machine mode through, so the locked ones come
 * first and the runtime's catch-all directly behind them. Addresses are written before the lock bit. Regions are naturally
 * aligned, except for the runtime's code, whose end no power of two meets: a range from the slot's base to where the archive
 * begins, which launch.c has found inside what was signed. Locking it locks its lower bound too; its upper one is never 0,
 * which QEMU takes for the end of memory. A warm reset of the emulator keeps locked entries: what is written then is the same
 * or is ignored, the mask ROM stays executable, and the code that ran keeps being the one that may. */
#include "board-config.h"
#include "cpu.h"
#include "csr.h"
#include "regions.h"

enum { R = 1, W = 2, X = 4, TOR = 1 << 3, NAPOT = 3 << 3, LOCKED = 1 << 7 };

#define ENCODE(base, byteLength) (((base) >> 2) | (((byteLength) >> 3) - 1))
#define ALIGNED(base, byteLength) \
	_Static_assert((((byteLength) & ((byteLength) - 1)) == 0) && (((base) & ((byteLength) - 1)) == 0), \
		"a PMP region must be a power of two long and aligned to it")

enum { NULL_PAGE_LENGTH = 4096 };

ALIGNED(HF_BOOT_PARTITION_BASE, HF_BOOT_PARTITION_LENGTH);
#define SLOTS_LENGTH (HF_SLOT_A_LENGTH + HF_SLOT_B_LENGTH)
_Static_assert(HF_SLOT_A_BASE + HF_SLOT_A_LENGTH == HF_SLOT_B_BASE, "one PMP region must hold both slots");
ALIGNED(HF_SLOT_A_BASE, SLOTS_LENGTH);
ALIGNED(HF_BOOT_STACK_GUARD_BASE, HF_BOOT_STACK_GUARD_LENGTH);
ALIGNED(HF_RUNTIME_STACK_GUARD_BASE, HF_RUNTIME_STACK_GUARD_LENGTH);

ALIGNED(HF_RESET_ROM_BASE, HF_RESET_ROM_LENGTH);

#define EVERYTHING 0x1fffffffu /* 4 GiB */
#define FOUR(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
/* Entries 4 to 8: lower bound of the code (off), the code, both slots, stack guard, everything. */
#define LOCKED_CONFIG1 FOUR(LOCKED, LOCKED | TOR | R | X, LOCKED | NAPOT | R, LOCKED | NAPOT)
#define LOCKED_CONFIG2 FOUR(LOCKED | NAPOT | R | W, 0, 0, 0)

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

/* The code that was verified becomes executable, the rest of both slots readable; neither can be written from now on. */
void hf_lock_for_runtime(const hfHandOver* handOver);
void hf_lock_for_runtime(const hfHandOver* handOver) {
	CSR_WRITE("pmpaddr4", (handOver->payload - HF_RUNTIME_HEADER_LENGTH) >> 2);
	CSR_WRITE("pmpaddr5", (handOver->payload + handOver->codeLength) >> 2);
	CSR_WRITE("pmpaddr6", ENCODE(HF_SLOT_A_BASE, SLOTS_LENGTH));
	CSR_WRITE("pmpaddr7", ENCODE(HF_RUNTIME_STACK_GUARD_BASE, HF_RUNTIME_STACK_GUARD_LENGTH));
	CSR_WRITE("pmpaddr8", EVERYTHING);
	CSR_WRITE("pmpcfg1", LOCKED_CONFIG1);
	CSR_WRITE("pmpcfg2", LOCKED_CONFIG2);
}

#else

/* The boot stage has locked everything and made exactly this image's code executable; otherwise the runtime must not run. */
void hf_memory_protection_start(void) {
	if ((CSR_READ("pmpcfg1") != LOCKED_CONFIG1) || (CSR_READ("pmpcfg2") != LOCKED_CONFIG2)
		|| (CSR_READ("pmpaddr4") != (HF_IMAGE_REGION_BASE >> 2))
		|| (CSR_READ("pmpaddr5") != ((uint32_t)(uintptr_t)_image_end >> 2)))
		hf_fatal("memory-protection-not-locked");
}

#endif
