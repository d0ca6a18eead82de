/* Lookups in the board's address map. */
#include "regions.h"

#include <stddef.h>

static int holds(uint32_t base, uint32_t byteLength, uint32_t address, uint32_t length) {
	return (address >= base) && (length <= byteLength) && (address - base <= byteLength - length);
}

static const char* image_part(uint32_t address) {
	static const struct {
		const uint8_t* start;
		const uint8_t* end;
		const char* name;
	} parts[] = {
		{_text_start, _etext, "text"},
		{_rodata_start, _image_end, "rodata"},
		{_image_end, _image_limit, "archive"},
		{_stack_bottom, _stack_top, "stack"},
		{_data_start, _data_end, "data"},
		{_bss_start, _bss_end, "bss"},
		{_arena_start, _arena_end, "arena"},
	};
	for (size_t index = 0; index < sizeof(parts) / sizeof(parts[0]); index++) {
		if ((address >= (uintptr_t)parts[index].start) && (address < (uintptr_t)parts[index].end))
			return parts[index].name;
	}
	return NULL;
}

const char* hf_region_name(uint32_t address) {
	const char* name = image_part(address);
	if (name)
		return name;
	if (address < 4096)
		return "null";
	for (uint32_t index = 0; index < hf_region_count; index++) {
		const hfRegion* region = &hf_regions[index];
		if (holds(region->base, region->byteLength, address, 1))
			return region->name;
	}
	return "unmapped";
}

const hfRegion* hf_readable_region(uint32_t address, uint32_t byteLength) {
	for (uint32_t index = 0; index < hf_region_count; index++) {
		const hfRegion* region = &hf_regions[index];
		if ((region->flags & HF_REGION_READABLE) && holds(region->base, region->byteLength, address, byteLength))
			return region;
	}
	return NULL;
}

const hfRegion* hf_device_window(uint32_t base, uint32_t byteLength) {
	for (uint32_t index = 0; index < hf_region_count; index++) {
		const hfRegion* region = &hf_regions[index];
		if ((region->flags & HF_REGION_WINDOW) && (region->base == base) && (region->byteLength == byteLength))
			return region;
	}
	return NULL;
}
