/* Maps the board's regions with 4 KiB pages and 1 MiB sections: writable memory is never executable, what is not in the
 * table is not mapped (short descriptors, DDI 0406C B3.5; WXN is not relied on). */
#include <string.h>

#include "board-config.h"
#include "cpu.h"
#include "regions.h"

enum { MEGABYTE = 1 << 20, PAGE = 4096, LEVEL1_ENTRIES = 2048, LEVEL2_ENTRIES = 256, LEVEL2_TABLES = 10 };

/* Page descriptor bits; sections have the same fields elsewhere. Privileged access only. */
enum {
	PAGE_SMALL = 2,
	PAGE_XN = 1,
	PAGE_B = 1 << 2,
	PAGE_C = 1 << 3,
	PAGE_PRIVILEGED = 1 << 4,
	PAGE_TEX1 = 1 << 6,
	PAGE_READ_ONLY = 1 << 9,
	PAGE_SHARED = 1 << 10,
	TABLE_NORMAL_WORLD = 1 << 3,
	SECTION_NORMAL_WORLD = 1 << 19,
	CACHED = PAGE_TEX1 | PAGE_C | PAGE_B,
	DEVICE = PAGE_B,
	UNCACHED = PAGE_TEX1,

	CODE = CACHED | PAGE_PRIVILEGED | PAGE_READ_ONLY,
	CONSTANTS = CODE | PAGE_XN,
	DATA = CACHED | PAGE_PRIVILEGED | PAGE_XN,
	SHARED_DATA = UNCACHED | PAGE_SHARED | PAGE_PRIVILEGED | PAGE_XN,
	REGISTERS = DEVICE | PAGE_PRIVILEGED | PAGE_XN
};

/* TTBCR.N = 1: TTBR0 covers the lower 2 GiB with an 8 KiB table, PD1 makes everything above a fault. */
static struct {
	uint32_t level1[LEVEL1_ENTRIES];
	uint32_t level2[LEVEL2_TABLES][LEVEL2_ENTRIES];
} tables __attribute__((aligned(8192), section(".page_tables,\"aw\",%nobits@")));
static uint32_t level2Used;

/* RAM above the secure world's is reached as the normal world does, so that both see the same cache lines. Of no effect in the
 * normal world itself. */
static int is_normal(uint32_t address) { return address >= HF_MEMORY_DMA_BASE; }

static uint32_t section(uint32_t page) {
	return 2 | (page & (PAGE_B | PAGE_C)) | ((page & PAGE_XN) << 4) | ((page & (3 << 4)) << 6) | ((page & (7 << 6)) << 6)
		| ((page & (PAGE_READ_ONLY | PAGE_SHARED)) << 6);
}

static void stop(void) {
	for (;;) {
	}
}

static void map_page(uint32_t address, uint32_t attributes) {
	uint32_t* entry = &tables.level1[address / MEGABYTE];
	if (*entry == 0) {
		if (level2Used == LEVEL2_TABLES)
			stop();
		*entry = (uint32_t)(uintptr_t)tables.level2[level2Used++] | (is_normal(address) ? TABLE_NORMAL_WORLD : 0) | 1;
	}
	uint32_t* table = (uint32_t*)(uintptr_t)(*entry & ~(uint32_t)1023);
	table[(address / PAGE) % LEVEL2_ENTRIES] = address | attributes | PAGE_SMALL;
}

static void map(uint32_t base, uint32_t byteLength, uint32_t attributes) {
	uint32_t address = base & ~(uint32_t)(PAGE - 1);
	const uint32_t end = (base + byteLength + PAGE - 1) & ~(uint32_t)(PAGE - 1);
	while (address < end) {
		if ((address % MEGABYTE == 0) && (end - address >= MEGABYTE)) {
			tables.level1[address / MEGABYTE] = address | section(attributes) | (is_normal(address) ? SECTION_NORMAL_WORLD : 0);
			address += MEGABYTE;
		}
		else {
			map_page(address, attributes);
			address += PAGE;
		}
	}
}

static uint32_t region_attributes(uint32_t flags) {
	if ((flags & HF_REGION_FLASH) && !(flags & HF_REGION_FLASH_WRITABLE))
		return REGISTERS | PAGE_READ_ONLY;
	if (flags & HF_REGION_DEVICE)
		return REGISTERS;
	if (flags & HF_REGION_UNCACHED)
		return SHARED_DATA;
	if (flags & HF_REGION_DATA)
		return DATA;
	if (flags & HF_REGION_READ_ONLY)
		return CONSTANTS;
	return 0;
}

void hf_memory_protection_start(void) {
	const uint32_t text = (uint32_t)(uintptr_t)_text_start;
	const uint32_t textEnd = (uint32_t)(uintptr_t)_etext;

	memset(&tables, 0, sizeof(tables)); /* start-up code erases bss only */
	for (uint32_t index = 0; index < hf_region_count; index++) {
		const hfRegion* region = &hf_regions[index];
		const uint32_t attributes = region_attributes(region->flags);
		if (attributes)
			map(region->base, region->byteLength, attributes);
	}
	/* The running image: the header page (if any) and everything behind the text are constants. */
	if (text > HF_IMAGE_REGION_BASE)
		map(HF_IMAGE_REGION_BASE, text - HF_IMAGE_REGION_BASE, CONSTANTS);
	map(text, textEnd - text, CODE);
	map(textEnd, HF_IMAGE_REGION_BASE + HF_IMAGE_REGION_LENGTH - textEnd, CONSTANTS);

	__asm__ volatile("dsb");
	__asm__ volatile("mcr p15, 0, %0, c2, c0, 2" ::"r"((1u << 5) | 1u)); /* TTBCR: PD1, N = 1 */
	__asm__ volatile("mcr p15, 0, %0, c2, c0, 0" ::"r"((uint32_t)(uintptr_t)tables.level1 | 0x4a)); /* TTBR0: cached walks */
	__asm__ volatile("mcr p15, 0, %0, c3, c0, 0" ::"r"(1)); /* DACR: domain 0 checks permissions */
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 1" ::"r"(0)); /* CONTEXTIDR */
	__asm__ volatile("mcr p15, 0, %0, c8, c7, 0" ::"r"(0)); /* TLBIALL */
	__asm__ volatile("mcr p15, 0, %0, c7, c5, 0" ::"r"(0)); /* ICIALLU */
	__asm__ volatile("mcr p15, 0, %0, c7, c5, 6" ::"r"(0)); /* BPIALL */
	__asm__ volatile("dsb\n\tisb");
	uint32_t control;
	__asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
	control &= ~((1u << 29) | (1u << 28)); /* AFE, TRE */
	control |= (1u << 12) | (1u << 11) | (1u << 2) | 1u; /* I, Z, C, M */
	__asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tisb" ::"r"(control) : "memory");
}
