/* memcpy, memmove and memset for RV32, word by word where the addresses allow: those of picolibc go byte by byte. newlib's for
 * Cortex-A7 are good as they are. */
#include <stddef.h>
#include <stdint.h>

#ifdef HF_CPU_RV32

/* Or the compiler would turn these loops into calls of the functions that they are. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

typedef uint32_t __attribute__((may_alias)) Word;

enum { WORD = sizeof(Word), BLOCK = 4 * WORD };

void* memcpy(void* restrict target, const void* restrict source, size_t byteLength);
void* memmove(void* target, const void* source, size_t byteLength);
void* memset(void* target, int value, size_t byteLength);

/* Upwards; right for overlapping ranges too when target is the lower one, since each block is read before it is written. */
static void copy_up(uint8_t* to, const uint8_t* from, size_t left) {
	if ((left >= BLOCK) && ((((uintptr_t)to ^ (uintptr_t)from) % WORD) == 0)) {
		for (; (uintptr_t)to % WORD; left--)
			*to++ = *from++;
		for (; left >= BLOCK; left -= BLOCK) {
			const Word* const words = (const Word*)(const void*)from;
			const Word first = words[0], second = words[1], third = words[2], fourth = words[3];
			Word* const places = (Word*)(void*)to;
			places[0] = first;
			places[1] = second;
			places[2] = third;
			places[3] = fourth;
			from += BLOCK;
			to += BLOCK;
		}
		for (; left >= WORD; left -= WORD) {
			*(Word*)(void*)to = *(const Word*)(const void*)from;
			from += WORD;
			to += WORD;
		}
	}
	for (; left > 0; left--)
		*to++ = *from++;
}

/* Downwards from the ends. */
static void copy_down(uint8_t* to, const uint8_t* from, size_t left) {
	to += left;
	from += left;
	if ((left >= BLOCK) && ((((uintptr_t)to ^ (uintptr_t)from) % WORD) == 0)) {
		for (; (uintptr_t)to % WORD; left--)
			*--to = *--from;
		for (; left >= WORD; left -= WORD) {
			to -= WORD;
			from -= WORD;
			*(Word*)(void*)to = *(const Word*)(const void*)from;
		}
	}
	for (; left > 0; left--)
		*--to = *--from;
}

void* memcpy(void* restrict target, const void* restrict source, size_t byteLength) {
	copy_up(target, source, byteLength);
	return target;
}

void* memmove(void* target, const void* source, size_t byteLength) {
	if ((uintptr_t)target - (uintptr_t)source >= byteLength)
		copy_up(target, source, byteLength);
	else
		copy_down(target, source, byteLength);
	return target;
}

void* memset(void* target, int value, size_t byteLength) {
	uint8_t* to = target;
	if (byteLength >= BLOCK) {
		const Word word = (uint8_t)value * 0x01010101u;
		for (; (uintptr_t)to % WORD; byteLength--)
			*to++ = (uint8_t)value;
		for (; byteLength >= BLOCK; byteLength -= BLOCK) {
			Word* const places = (Word*)(void*)to;
			places[0] = word;
			places[1] = word;
			places[2] = word;
			places[3] = word;
			to += BLOCK;
		}
		for (; byteLength >= WORD; byteLength -= WORD) {
			*(Word*)(void*)to = word;
			to += WORD;
		}
	}
	for (; byteLength > 0; byteLength--)
		*to++ = (uint8_t)value;
	return target;
}

#else

typedef int hfNoMemoryFunctions; /* a translation unit may not be empty */

#endif
