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
