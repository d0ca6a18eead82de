/* mbedTLS's heap: verification allocates at most a key at a time, so a few fixed blocks do, and nothing can leak unseen. */
#include <stdint.h>
#include <string.h>

#include "mbedtls-config.h"

enum { BLOCKS = 4, BLOCK_LENGTH = 128 };

static struct {
	uint64_t bytes[BLOCK_LENGTH / 8];
	uint32_t used;
} blocks[BLOCKS];

void* hf_crypto_calloc(size_t count, size_t byteLength) {
	if ((count != 0) && (byteLength > BLOCK_LENGTH / count))
		return NULL;
	for (int index = 0; index < BLOCKS; index++) {
		if (!blocks[index].used) {
			memset(blocks[index].bytes, 0, BLOCK_LENGTH);
			blocks[index].used = 1;
			return blocks[index].bytes;
		}
	}
	return NULL;
}

void hf_crypto_free(void* block) {
	for (int index = 0; index < BLOCKS; index++) {
		if (block == blocks[index].bytes)
			blocks[index].used = 0;
	}
}
