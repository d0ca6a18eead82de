/* The way from the boot stage into a verified runtime. */
#include "launch.h"

#include <string.h>

#include "board-config.h"
#include "cpu.h"

_Static_assert(sizeof(hfHandOver) <= HF_HAND_OVER_LENGTH, "the hand-over region is too small");
_Static_assert(sizeof(hfImageHeader) == 32, "the image header has 32 bytes");

#ifdef HF_ROLE_BOOT

/* Bytes from payload to the end of the place that holds it, or 0 when no runtime may start there. */
static uint32_t room_at(uint32_t payload) {
#ifdef HF_RUNTIME_COPIED
	if (payload == HF_RUNTIME_IMAGE_BASE + HF_RUNTIME_HEADER_LENGTH)
		return HF_RUNTIME_IMAGE_LENGTH - HF_RUNTIME_HEADER_LENGTH;
#else
	if (payload == HF_SLOT_A_BASE + HF_RUNTIME_HEADER_LENGTH)
		return HF_SLOT_A_LENGTH - HF_RUNTIME_HEADER_LENGTH;
	if (payload == HF_SLOT_B_BASE + HF_RUNTIME_HEADER_LENGTH)
		return HF_SLOT_B_LENGTH - HF_RUNTIME_HEADER_LENGTH;
#endif
	return 0;
}

void hf_launch(uint32_t payload, const void* data, uint32_t dataLength, hfLaunchRefusal* refusal) {
#define REFUSE_UNLESS(condition, wanted, value)                                     \
	if (!(condition)) {                                                             \
		*refusal = (hfLaunchRefusal){.expected = (wanted), .found = (uint32_t)(value)}; \
		return;                                                                     \
	}
	const uint32_t room = room_at(payload);
	REFUSE_UNLESS(room != 0, "an address where this board runs images", payload)
	REFUSE_UNLESS(dataLength <= HF_HAND_OVER_DATA_LENGTH, "at most 0xc0 bytes for the hand-over", dataLength)
	const hfImageHeader* header = (const hfImageHeader*)(uintptr_t)payload;
	REFUSE_UNLESS(header->magic == HF_RUNTIME_MAGIC, "the runtime's magic number", header->magic)
	REFUSE_UNLESS(header->linkAddress == payload, "an image linked for where it lies", header->linkAddress)
	REFUSE_UNLESS(header->codeLength <= room, "code that fits its place", header->codeLength)
	REFUSE_UNLESS(header->archiveLength <= room - header->codeLength, "an archive that fits its place", header->archiveLength)
	const uint32_t entry = header->entry;
	REFUSE_UNLESS((entry >= payload + sizeof(*header)) && (entry - payload < header->codeLength) && !(entry & 1),
		"an entry inside the image", entry)

	hfHandOver* block = (hfHandOver*)(uintptr_t)HF_HAND_OVER_BASE;
	memset(block, 0, sizeof(*block));
	block->magic = HF_HAND_OVER_MAGIC;
	block->byteLength = sizeof(*block);
	block->payload = payload;
	block->payloadLength = header->codeLength + header->archiveLength;
	block->dataLength = dataLength;
	memcpy(block->data, data, dataLength);
	hf_cpu_enter_runtime(entry, block);
}

#else

void hf_launch(uint32_t payload, const void* data, uint32_t dataLength, hfLaunchRefusal* refusal) {
	(void)data;
	(void)dataLength;
	*refusal = (hfLaunchRefusal){.expected = "the boot stage, not a runtime,", .found = payload};
}

#endif
