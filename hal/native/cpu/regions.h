/* The board's address map as generated from board.json, and lookups in it. */
#ifndef HOLDFAST_REGIONS_H
#define HOLDFAST_REGIONS_H

#include <stdint.h>

enum {
	HF_REGION_DATA = 1, /* mapped read-write, never executable */
	HF_REGION_READ_ONLY = 2,
	HF_REGION_UNCACHED = 4, /* shared with bus-mastering devices */
	HF_REGION_DEVICE = 8, /* mapped as device memory */
	HF_REGION_WINDOW = 16, /* native:registers may open exactly this range */
	HF_REGION_READABLE = 32, /* native:memory and native:crypto may read it by address */
	HF_REGION_GUARD = 64, /* nobody may touch it */
	HF_REGION_FLASH = 128,
	HF_REGION_FLASH_WRITABLE = 256 /* native:flash may erase and program it */
};

typedef struct {
	uint32_t base;
	uint32_t byteLength;
	uint32_t flags;
	const char* name;
} hfRegion;

extern const hfRegion hf_regions[];
extern const uint32_t hf_region_count;

/* Name for a fault report: a part of the running image, else a region of the board, else "null" or "unmapped". */
const char* hf_region_name(uint32_t address);
/* The region with HF_REGION_READABLE that holds the whole range, or NULL. */
const hfRegion* hf_readable_region(uint32_t address, uint32_t byteLength);
/* The register window with exactly this base and length, or NULL. */
const hfRegion* hf_device_window(uint32_t base, uint32_t byteLength);

/* Linker script symbols. */
extern uint8_t _image_start[], _text_start[], _etext[], _rodata_start[], _image_end[], _image_limit[];
extern uint8_t _stack_bottom[], _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];
extern uint8_t _arena_start[], _arena_end[];

#endif
