/* What a stage checks of the image that it is about to start, and what it leaves for it. */
#include "launch.h"

#include <string.h>

#include "board-config.h"
#include "cpu.h"

_Static_assert(sizeof(hfImageHeader) == 32, "the image header has 32 bytes");

#ifndef HF_ROLE_RUNTIME

#ifdef HF_ROLE_ROM
enum { NEXT_MAGIC = HF_ROOT_MAGIC, DATA_LENGTH = HF_ROOT_HAND_OVER_DATA_LENGTH };
#define MAGIC_NAME "the root of trust's magic number"
#else
enum { NEXT_MAGIC = HF_RUNTIME_MAGIC, DATA_LENGTH = HF_RUNTIME_HAND_OVER_DATA_LENGTH };
#define MAGIC_NAME "the runtime's magic number"
#endif

_Static_assert(sizeof(hfHandOver) + DATA_LENGTH <= HF_HAND_OVER_OUT_LENGTH, "the hand-over region is too small");

/* Bytes from payload to the end of the place that holds it, or 0 when no image may start there. */
static uint32_t room_at(uint32_t payload) {
#ifdef HF_NEXT_COPIED
	_Static_assert(HF_NEXT_IMAGE_LENGTH <= 0x40000000, "rounding up a length inside a place must not wrap");
	if (payload == HF_NEXT_IMAGE_BASE + HF_NEXT_HEADER_LENGTH)
		return HF_NEXT_IMAGE_LENGTH - HF_NEXT_HEADER_LENGTH;
#else
	_Static_assert((HF_NEXT_SLOT_A_LENGTH <= 0x40000000) && (HF_NEXT_SLOT_B_LENGTH <= 0x40000000),
		"rounding up a length inside a place must not wrap");
	if (payload == HF_NEXT_SLOT_A_BASE + HF_NEXT_HEADER_LENGTH)
		return HF_NEXT_SLOT_A_LENGTH - HF_NEXT_HEADER_LENGTH;
	if (payload == HF_NEXT_SLOT_B_BASE + HF_NEXT_HEADER_LENGTH)
		return HF_NEXT_SLOT_B_LENGTH - HF_NEXT_HEADER_LENGTH;
#endif
	return 0;
}

/* The archive begins at a multiple of this behind the payload's start, as the build lays it out (finishPayload, build.ts). */
enum { ARCHIVE_ALIGNMENT = 16 };

uint32_t hf_launch_prepare(uint32_t payload, uint32_t payloadLength, const void* data, uint32_t dataLength,
	hfLaunchRefusal* refusal) {
#define REFUSE_UNLESS(condition, wanted, value)                                     \
	if (!(condition)) {                                                             \
		*refusal = (hfLaunchRefusal){.expected = (wanted), .found = (uint32_t)(value)}; \
		return 0;                                                                   \
	}
	const uint32_t room = room_at(payload);
	REFUSE_UNLESS(room != 0, "an address where this board runs images", payload)
	REFUSE_UNLESS(dataLength <= DATA_LENGTH, "less data for the hand-over", dataLength)
	REFUSE_UNLESS((payloadLength >= sizeof(hfImageHeader)) && (payloadLength <= room), "a payload that fits its place",
		payloadLength)
	const hfImageHeader* header = (const hfImageHeader*)(uintptr_t)payload;
	REFUSE_UNLESS(header->magic == NEXT_MAGIC, MAGIC_NAME, header->magic)
	REFUSE_UNLESS(header->linkAddress == payload, "an image linked for where it lies", header->linkAddress)
	/* In this order nothing can wrap: each number is at most the one before it, and the place is far from 4 GiB long. */
	REFUSE_UNLESS(header->codeLength <= payloadLength, "code inside the signed payload", header->codeLength)
	const uint32_t codeLength = (header->codeLength + ARCHIVE_ALIGNMENT - 1) & ~(uint32_t)(ARCHIVE_ALIGNMENT - 1);
	REFUSE_UNLESS(codeLength <= payloadLength, "code inside the signed payload", header->codeLength)
	REFUSE_UNLESS(header->archiveLength <= payloadLength - codeLength, "an archive inside the signed payload",
		header->archiveLength)
	const uint32_t entry = header->entry;
	REFUSE_UNLESS((entry >= payload + sizeof(*header)) && (entry - payload < header->codeLength) && !(entry & 1),
		"an entry inside the image", entry)

	hfHandOver* block = (hfHandOver*)(uintptr_t)HF_HAND_OVER_OUT_BASE;
	memset(block, 0, HF_HAND_OVER_OUT_LENGTH);
	block->magic = HF_HAND_OVER_MAGIC;
	block->byteLength = sizeof(*block);
	block->payload = payload;
	block->payloadLength = payloadLength;
	block->codeLength = codeLength;
	block->archiveLength = header->archiveLength;
	block->dataLength = dataLength;
	memcpy(block->data, data, dataLength);
	return entry;
}

#endif
