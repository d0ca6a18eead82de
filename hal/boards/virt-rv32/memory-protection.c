/* Physical memory protection (Privileged ISA 1.12, 3.7) with Smepmp: what no entry names, nobody may touch.
 *
 * The lowest entry that matches decides. The first stage may still change locked entries (RLB) until it hands over; then the
 * device secret has none but a locked entry that forbids it to all, root of trust included, until power is cycled. The root of
 * trust sets MML: from then on an entry is either its own or the runtime's, what is the runtime's it cannot execute, and no
 * further code of its own can be added. Addresses are written before the entry that uses them. docs/design/0012-worlds.md has
 * the table, and what QEMU 7.2 does otherwise. */
#include "board-config.h"

#ifndef HF_ROLE_RUNTIME

#include "cpu.h"
#include "csr.h"
#include "protection.h"
#include "regions.h"

enum { R = 1, W = 2, X = 4, TOR = 1 << 3, NAPOT = 3 << 3, LOCKED = 1 << 7 };
/* With MML an entry without L is the runtime's alone, but for this one: machine mode reads and writes, user mode reads
 * (Smepmp 1.0, table 2). QEMU 7.2 refuses the encoding by which both would write. */
enum { SHARED = W };
enum { MML = 1, MMWP = 2, RLB = 4 };

#define ENCODE(base, byteLength) (((base) >> 2) | (((byteLength) >> 3) - 1))
#define ALIGNED(base, byteLength) \
	_Static_assert((((byteLength) & ((byteLength) - 1)) == 0) && (((base) & ((byteLength) - 1)) == 0), \
		"a PMP region must be a power of two long and aligned to it")
#define FOUR(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#define SECURE_RAM_BASE HF_MEMORY_SECURE_RAM_BASE
#define SECURE_RAM_LENGTH 0x10000 /* with the hand-over block and the flash routine behind it */
_Static_assert(HF_MEMORY_FLASH_ROUTINE_BASE + HF_MEMORY_FLASH_ROUTINE_LENGTH == SECURE_RAM_BASE + SECURE_RAM_LENGTH,
	"secure RAM ends with the flash routine");
/* The emulated bank that holds everything but first stage and storage; 8 MiB of its 32 are used. */
#define SECURE_FLASH_LENGTH 0x800000
/* Test finisher and machine timer, but not the virtio devices: what drives those can write anywhere. */
#define DEVICES_LENGTH 0x4000000

ALIGNED(HF_PARTITION_DEVICE_SECRET_BASE, HF_PARTITION_DEVICE_SECRET_LENGTH);
ALIGNED(SECURE_RAM_BASE, SECURE_RAM_LENGTH);
ALIGNED(HF_PARTITION_ROM_BASE, HF_PARTITION_ROM_LENGTH);
ALIGNED(HF_FLASH_BANK1_BASE, SECURE_FLASH_LENGTH);
ALIGNED(HF_DEVICE_SERIAL_BASE, HF_DEVICE_SERIAL_LENGTH);

/* Entries 0 to 3 as the first stage leaves them; the root of trust adds 3. */
#define HANDED_OVER_CONFIG0 FOUR(LOCKED | NAPOT, LOCKED, LOCKED | TOR | R | X, 0)
#define HANDED_OVER_CONFIG1 FOUR(LOCKED | NAPOT | R | W, LOCKED | NAPOT | R | X, 0, 0)
#define HANDED_OVER_CONFIG3 FOUR(0, 0, LOCKED | NAPOT | R | W, LOCKED | NAPOT | R | W)

#ifdef HF_ROLE_ROM

ALIGNED(HF_MEMORY_DMA_BASE, HF_MEMORY_DMA_LENGTH);
ALIGNED(HF_DEVICE_VIRTIO0_BASE, HF_DEVICE_VIRTIO0_LENGTH);

/* Entries 6, 12 and 13 are this stage's alone. */
void hf_memory_protection_start(void) {
	CSR_WRITE(CSR_MSECCFG, RLB); /* before the first locked entry, or never */
	CSR_WRITE("pmpaddr4", ENCODE(SECURE_RAM_BASE, SECURE_RAM_LENGTH));
	CSR_WRITE("pmpaddr5", ENCODE(HF_PARTITION_ROM_BASE, HF_PARTITION_ROM_LENGTH));
	CSR_WRITE("pmpaddr6", ENCODE(HF_DEVICE_SERIAL_BASE, HF_DEVICE_SERIAL_LENGTH));
	CSR_WRITE("pmpaddr12", ENCODE(HF_DEVICE_VIRTIO0_BASE, HF_DEVICE_VIRTIO0_LENGTH));
	CSR_WRITE("pmpaddr13", ENCODE(HF_MEMORY_DMA_BASE, HF_MEMORY_DMA_LENGTH));
	CSR_WRITE("pmpaddr14", ENCODE(HF_FLASH_BANK1_BASE, SECURE_FLASH_LENGTH));
	CSR_WRITE("pmpaddr15", ENCODE(0u, DEVICES_LENGTH));
	CSR_WRITE("pmpcfg0", 0);
	CSR_WRITE("pmpcfg1", HANDED_OVER_CONFIG1 | FOUR(0, 0, LOCKED | NAPOT | R | W, 0));
	CSR_WRITE("pmpcfg2", 0);
	CSR_WRITE("pmpcfg3", HANDED_OVER_CONFIG3 | FOUR(LOCKED | NAPOT | R | W, LOCKED | NAPOT | R | W, 0, 0));
	CSR_WRITE(CSR_MSECCFG, RLB | MMWP);
}

void hf_protection_hand_over(uint32_t codeBase, uint32_t codeEnd) {
	CSR_WRITE("pmpaddr0", ENCODE(HF_PARTITION_DEVICE_SECRET_BASE, HF_PARTITION_DEVICE_SECRET_LENGTH));
	CSR_WRITE("pmpaddr1", codeBase >> 2);
	CSR_WRITE("pmpaddr2", codeEnd >> 2);
	CSR_WRITE("pmpcfg0", HANDED_OVER_CONFIG0);
	CSR_WRITE("pmpcfg1", HANDED_OVER_CONFIG1);
	CSR_WRITE("pmpcfg3", HANDED_OVER_CONFIG3);
	CSR_WRITE(CSR_MSECCFG, MMWP); /* with locked entries RLB cannot be set again */
}

#else

ALIGNED(HF_MEMORY_FLASH_ROUTINE_BASE, HF_MEMORY_FLASH_ROUTINE_LENGTH);
ALIGNED(HF_DEVICE_RTC_BASE, HF_DEVICE_RTC_LENGTH);
#define PLIC_LENGTH 0x400000
ALIGNED(HF_DEVICE_INTERRUPT_CONTROLLER_BASE, PLIC_LENGTH);
_Static_assert(HF_DEVICE_INTERRUPT_CONTROLLER_LENGTH <= PLIC_LENGTH, "one PMP region must hold the interrupt controller");
ALIGNED(HF_PARTITION_STORAGE_BASE, HF_PARTITION_STORAGE_LENGTH);
ALIGNED(HF_PARTITION_RUNTIME_A_BASE, HF_PARTITION_RUNTIME_A_LENGTH);
ALIGNED(HF_PARTITION_RUNTIME_B_BASE, HF_PARTITION_RUNTIME_B_LENGTH);
#define RUNTIME_RAM_LENGTH 0x40000 /* with the hand-over block at its end */
ALIGNED(HF_MEMORY_RUNTIME_RAM_BASE, RUNTIME_RAM_LENGTH);
_Static_assert(HF_MEMORY_RUNTIME_HAND_OVER_BASE + HF_MEMORY_RUNTIME_HAND_OVER_LENGTH
	== HF_MEMORY_RUNTIME_RAM_BASE + RUNTIME_RAM_LENGTH, "runtime RAM ends with the hand-over block");

ALIGNED(HF_PARTITION_ROOT_A_BASE, HF_PARTITION_ROOT_A_LENGTH);
ALIGNED(HF_PARTITION_ROOT_B_BASE, HF_PARTITION_ROOT_A_LENGTH);

#define CONFIG0 (HANDED_OVER_CONFIG0 | FOUR(0, 0, 0, LOCKED | NAPOT | R | X))
/* Entries that the two modes take turns with, since no encoding gives each what it needs: serial port and runtime RAM are
 * written by both, and an entry that lets user mode execute hides its range from machine mode, which reads the image that runs. */
#define CONFIG1(port) (HANDED_OVER_CONFIG1 | FOUR(0, 0, NAPOT | (port), NAPOT | R | W))
#define CONFIG2(code) FOUR(NAPOT | R | W, NAPOT | R | W, 0, code)
#define CONFIG3(ram) (HANDED_OVER_CONFIG3 | FOUR(slotConfig, NAPOT | (ram), 0, 0))

static uint32_t slotConfig; /* entry 12, off until there is a runtime */

void hf_memory_protection_start(void) {
	CSR_WRITE("pmpaddr3", ENCODE(HF_MEMORY_FLASH_ROUTINE_BASE, HF_MEMORY_FLASH_ROUTINE_LENGTH));
	CSR_WRITE("pmpaddr6", ENCODE(HF_DEVICE_SERIAL_BASE, HF_DEVICE_SERIAL_LENGTH));
	CSR_WRITE("pmpaddr7", ENCODE(HF_DEVICE_RTC_BASE, HF_DEVICE_RTC_LENGTH));
	CSR_WRITE("pmpaddr8", ENCODE(HF_DEVICE_INTERRUPT_CONTROLLER_BASE, PLIC_LENGTH));
	CSR_WRITE("pmpaddr9", ENCODE(HF_PARTITION_STORAGE_BASE, HF_PARTITION_STORAGE_LENGTH));
	CSR_WRITE("pmpaddr13", ENCODE(HF_MEMORY_RUNTIME_RAM_BASE, RUNTIME_RAM_LENGTH));
	CSR_WRITE("pmpcfg0", CONFIG0); /* with MML it would be too late */
	CSR_WRITE(CSR_MSECCFG, MML | MMWP);
	hf_protection_switch(0);
	/* What the first stage has locked must be what it should be, with exactly this image's code executable. */
	const uint32_t codeBase = (uint32_t)(uintptr_t)_image_start & -(uint32_t)HF_PARTITION_ROOT_A_LENGTH;
	if ((CSR_READ("pmpcfg0") != CONFIG0) || ((CSR_READ("pmpcfg1") ^ HANDED_OVER_CONFIG1) & 0xffff)
		|| ((CSR_READ("pmpcfg3") ^ HANDED_OVER_CONFIG3) >> 16) || (CSR_READ(CSR_MSECCFG) != (MML | MMWP))
		|| (CSR_READ("pmpaddr0") != ENCODE(HF_PARTITION_DEVICE_SECRET_BASE, HF_PARTITION_DEVICE_SECRET_LENGTH))
		|| (CSR_READ("pmpaddr1") != codeBase >> 2) || (CSR_READ("pmpaddr2") != (uint32_t)(uintptr_t)_image_end >> 2))
		hf_fatal("memory-protection-not-locked");
}

void hf_protection_prepare_runtime(uint32_t codeBase, uint32_t codeEnd) {
	CSR_WRITE("pmpaddr10", codeBase >> 2);
	CSR_WRITE("pmpaddr11", codeEnd >> 2);
	CSR_WRITE("pmpaddr12", ENCODE(codeBase, HF_PARTITION_RUNTIME_A_LENGTH));
	slotConfig = NAPOT | SHARED;
	hf_protection_switch(0);
}

void hf_protection_switch(int toUser) {
	CSR_WRITE("pmpcfg1", CONFIG1(toUser ? R | W : SHARED));
	CSR_WRITE("pmpcfg2", CONFIG2(toUser ? TOR | R | X : 0));
	CSR_WRITE("pmpcfg3", CONFIG3(toUser ? R | W : SHARED));
}

#endif

#else

typedef int hfNoMemoryProtection; /* a translation unit may not be empty */

#endif
