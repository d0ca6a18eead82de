/* native:flash: what may be written, and whether it was. */
#include "arguments.h"
#include "board-config.h"
#include "flash-routine.h"
#include "memory-copy.h"
#include "regions.h"

#define SECTOR_LENGTH HF_FLASH_BANK0_SECTOR
_Static_assert(HF_FLASH_BANK0_SECTOR == HF_FLASH_BANK1_SECTOR, "one sector length for both banks");

/* A writable partition holds the whole range, and nothing in it is running. byteLength is not 0. */
static int may_write(uint32_t address, uint32_t byteLength) {
	const uint32_t start = (uint32_t)(uintptr_t)_image_start, end = (uint32_t)(uintptr_t)_image_end;
	for (uint32_t index = 0; index < hf_region_count; index++) {
		const hfRegion* region = &hf_regions[index];
		if ((region->flags & HF_REGION_FLASH_WRITABLE) && (address >= region->base) && (byteLength <= region->byteLength)
			&& (address - region->base <= region->byteLength - byteLength))
			return (address >= end) || (address + byteLength <= start);
	}
	return 0;
}

/* The NOR rule: programming only clears bits. */
static int only_clears(uint32_t address, const uint8_t* bytes, uint32_t byteLength) {
	uint8_t now[64];
	while (byteLength > 0) {
		const uint32_t count = (byteLength < sizeof(now)) ? byteLength : sizeof(now);
		hf_copy_from_region(now, address, count);
		for (uint32_t index = 0; index < count; index++) {
			if ((now[index] & bytes[index]) != bytes[index])
				return 0;
		}
		address += count;
		bytes += count;
		byteLength -= count;
	}
	return 1;
}

static int program(uint32_t address, const uint8_t* bytes, uint32_t byteLength) {
	if (!may_write(address, byteLength) || !only_clears(address, bytes, byteLength))
		return 0;
	for (uint32_t done = 0; done < byteLength;) {
		const uint32_t room = HF_FLASH_BUFFER - (address + done) % HF_FLASH_BUFFER;
		const uint32_t count = (byteLength - done < room) ? byteLength - done : room;
		hf_flash_program((volatile uint32_t*)(uintptr_t)(address + done), bytes + done, count);
		done += count;
	}
	return hf_region_equals(address, bytes, byteLength);
}

void native_flash_erase(xsMachine* the) {
	const uint32_t sector = hf_argument_unsigned(the, 0, "address", UINT32_MAX) & -(uint32_t)SECTOR_LENGTH;
	int erased = may_write(sector, SECTOR_LENGTH);
	if (erased) {
		hf_flash_erase((volatile uint32_t*)(uintptr_t)sector);
		erased = hf_region_is_erased(sector, SECTOR_LENGTH);
	}
	xsmcSetBoolean(xsResult, erased);
}

void native_flash_program(xsMachine* the) {
	const uint32_t address = hf_argument_unsigned(the, 0, "address", UINT32_MAX);
	uint32_t byteLength;
	const uint8_t* bytes = hf_argument_bytes(the, 1, "bytes", &byteLength);
	if ((address % 4 != 0) || (byteLength % 4 != 0))
		xsRangeError("program: expected multiples of 4, found 0x%lx length 0x%lx", (unsigned long)address, (unsigned long)byteLength);
	xsmcSetBoolean(xsResult, (byteLength == 0) || program(address, bytes, byteLength));
}
