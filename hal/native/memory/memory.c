/* native:memory. */
#include <string.h>

#include "arguments.h"
#include "board-config.h"
#include "memory-copy.h"
#include "regions.h"
#include "window.h"

enum { DMA_ALIGNMENT = 4096 };

static uint32_t dmaUsed;

/* The memory that board.json lets this role share with devices, or NULL. */
static const hfRegion* shared_region(void) {
	for (uint32_t index = 0; index < hf_region_count; index++) {
		if (hf_regions[index].flags & HF_REGION_UNCACHED)
			return &hf_regions[index];
	}
	return NULL;
}

void native_memory_allocate(xsMachine* the) {
	const hfRegion* region = shared_region();
	if (!region)
		xsTypeError("allocate: expected a stage with memory for devices, found none");
	hf_argument_object(the, 0, "prototype");
	const uint32_t wanted = hf_argument_unsigned(the, 1, "byteLength", region->byteLength);
	const uint32_t left = region->byteLength - dmaUsed;
	if ((wanted == 0) || (wanted > left))
		xsRangeError("byteLength: expected 1 to 0x%lx, found 0x%lx", (unsigned long)left, (unsigned long)wanted);
	const hfWindow window = {.base = region->base + dmaUsed, .byteLength = (wanted + 3) & ~3u, .shared = 1};
	hf_window_create(the, 0, &window);
	dmaUsed += (wanted + DMA_ALIGNMENT - 1) & ~(uint32_t)(DMA_ALIGNMENT - 1);
	memset((void*)(uintptr_t)window.base, 0, window.byteLength);
}

static hfWindow shared_window(xsMachine* the) {
	const hfWindow window = hf_window_of_this(the);
	if (!window.shared)
		xsTypeError("this: expected memory shared with devices, found registers");
	return window;
}

void native_memory_address(xsMachine* the) { xsmcSetNumber(xsResult, shared_window(the).base); }

void native_memory_byteLength(xsMachine* the) { xsmcSetInteger(xsResult, (xsIntegerValue)shared_window(the).byteLength); }

static uint32_t readable_range(xsMachine* the, uint32_t byteLength) {
	const uint32_t address = hf_argument_unsigned(the, 0, "address", UINT32_MAX);
	if (!hf_readable_region(address, byteLength))
		xsRangeError("address: expected a readable range, found 0x%lx length 0x%lx", (unsigned long)address, (unsigned long)byteLength);
	return address;
}

/* Arguments 0 and 1 as a readable range. */
static uint32_t readable(xsMachine* the, uint32_t* byteLength) {
	*byteLength = hf_argument_unsigned(the, 1, "byteLength", INT32_MAX);
	return readable_range(the, *byteLength);
}

void native_memory_read(xsMachine* the) {
	uint32_t byteLength;
	const uint32_t address = readable(the, &byteLength);
	void* data = xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)byteLength);
	hf_copy_from_region(data, address, byteLength);
}

void native_memory_isErased(xsMachine* the) {
	uint32_t byteLength;
	const uint32_t address = readable(the, &byteLength);
	xsmcSetBoolean(xsResult, hf_region_is_erased(address, byteLength));
}

void native_memory_equals(xsMachine* the) {
	uint32_t byteLength;
	const uint8_t* bytes = hf_argument_bytes(the, 1, "bytes", &byteLength);
	const uint32_t address = readable_range(the, byteLength);
	xsmcSetBoolean(xsResult, hf_region_equals(address, bytes, byteLength));
}

#ifdef HF_ROLE_RUNTIME

void native_memory_loadImage(xsMachine* the) { xsTypeError("loadImage: expected a stage that starts another, found the runtime"); }

#else

void native_memory_loadImage(xsMachine* the) {
	uint32_t byteLength;
	const uint32_t source = readable(the, &byteLength);
#ifdef HF_NEXT_COPIED
	if (byteLength > HF_NEXT_IMAGE_LENGTH)
		xsRangeError("byteLength: expected at most 0x%lx, found 0x%lx", (unsigned long)HF_NEXT_IMAGE_LENGTH, (unsigned long)byteLength);
	hf_copy_from_region((void*)(uintptr_t)HF_NEXT_IMAGE_BASE, source, byteLength);
	xsmcSetNumber(xsResult, HF_NEXT_IMAGE_BASE);
#else
	xsmcSetNumber(xsResult, source);
#endif
}

#endif
