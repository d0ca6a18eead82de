/* Copies that suit device memory: aligned words only, whatever the compiler and the library would like. */
#include "memory-copy.h"

#include <string.h>

void hf_copy_from_region(void* target, uint32_t source, uint32_t byteLength) {
	uint8_t* bytes = target;
	while (byteLength > 0) {
		const uint32_t skip = source & 3;
		const uint32_t count = (byteLength < 4 - skip) ? byteLength : 4 - skip;
		const uint32_t word = *(const volatile uint32_t*)(uintptr_t)(source - skip);
		memcpy(bytes, (const uint8_t*)&word + skip, count);
		bytes += count;
		source += count;
		byteLength -= count;
		if (((uintptr_t)bytes & 3) == 0) {
			while ((byteLength >= 4) && ((source & 3) == 0)) {
				*(uint32_t*)(void*)bytes = *(const volatile uint32_t*)(uintptr_t)source;
				bytes += 4;
				source += 4;
				byteLength -= 4;
			}
		}
	}
}

int hf_region_is_erased(uint32_t source, uint32_t byteLength) {
	while (byteLength > 0) {
		const uint32_t skip = source & 3;
		const uint32_t count = (byteLength < 4 - skip) ? byteLength : 4 - skip;
		const uint32_t wanted = (0xffffffffu >> (8 * (4 - count))) << (8 * skip);
		if ((*(const volatile uint32_t*)(uintptr_t)(source - skip) & wanted) != wanted)
			return 0;
		source += count;
		byteLength -= count;
	}
	return 1;
}

int hf_region_equals(uint32_t source, const uint8_t* bytes, uint32_t byteLength) {
	uint32_t buffer[16];
	while (byteLength > 0) {
		const uint32_t count = (byteLength < sizeof(buffer)) ? byteLength : sizeof(buffer);
		hf_copy_from_region(buffer, source, count);
		if (memcmp(buffer, bytes, count) != 0)
			return 0;
		source += count;
		bytes += count;
		byteLength -= count;
	}
	return 1;
}
