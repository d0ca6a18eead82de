/* Opens damaged archives: whatever hf_archive_open lets through must be readable to its last byte, and nothing else may happen.
 *
 * usage: archive-fuzz ARCHIVE ROUNDS SEED
 * ARCHIVE is a valid one, whose root hash is taken for the root's. Prints each code with how often it came; exit 1 when the
 * valid archive is refused or a code is unknown. Built with -fsanitize=address,undefined, which ends it at a bad access. */
#include "archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODES = HF_ARCHIVE_TABLE + 1, MAXIMUM_CHANGES = 6 };

static uint64_t state;

/* xorshift64*: the same damage at every run. */
static uint32_t next_random(uint32_t limit) {
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ull) >> 33) % limit;
}

static volatile uint32_t sum; /* reads cannot be optimised away */

/* Does what a machine does with an archive that was let through. */
static void read_all(const hfArchive* archive) {
	uint32_t index, offset;
	for (index = 0; index < archive->header->nameCount; index++)
		sum += (uint32_t)strlen(hf_archive_name(archive, index));
	for (index = 0; index < archive->header->moduleCount; index++) {
		const hfArchiveModule* module = hf_archive_module(archive, index);
		const char* name = (const char*)archive->base + module->nameOffset;
		if (!hf_archive_find(archive, name))
			abort();
		for (offset = 0; offset < module->codeLength; offset++)
			sum += archive->base[module->codeOffset + offset];
	}
	if (hf_archive_find(archive, "a name that no module has"))
		abort();
}

static int open_and_read(const uint8_t* bytes, size_t byteLength, const uint8_t* rootHash) {
	hfArchive archive;
	int code = hf_archive_open(&archive, bytes, byteLength, rootHash);
	if (code == HF_ARCHIVE_OK)
		read_all(&archive);
	return code;
}

/* Offsets and counts are where damage tells most: the header, the tables, and values near the edges. */
static void damage(uint8_t* bytes, uint32_t byteLength) {
	static const uint32_t edges[] = { 0, 1, 3, 63, 64, 65, 0x3fff, 0x4000, 0x4001, 0x3ff, 0x400, 0x401, 0x7fffffff,
		0x80000000, 0xfffffff0, 0xfffffffc, 0xffffffff };
	uint32_t changes = 1 + next_random(MAXIMUM_CHANGES);
	for (; changes > 0; changes--) {
		uint32_t words = byteLength / 4;
		uint32_t header = (words < 8) ? words : 8;
		uint32_t word, value;
		switch (next_random(6)) {
		case 0:
			bytes[next_random(byteLength)] ^= (uint8_t)(1u << next_random(8));
			break;
		case 1:
			bytes[next_random(byteLength)] = (uint8_t)next_random(256);
			break;
		case 2:
			word = header ? next_random(header) : 0;
			value = edges[next_random(sizeof(edges) / sizeof(edges[0]))];
			if (header)
				memcpy(bytes + word * 4, &value, 4);
			break;
		case 3:
			word = header ? next_random(header) : 0;
			value = byteLength + next_random(33) - 16;
			if (header)
				memcpy(bytes + word * 4, &value, 4);
			break;
		case 4: /* a shorter archive that ends in a text without an end */
			if (byteLength >= sizeof(hfArchiveHeader))
				memcpy(bytes + offsetof(hfArchiveHeader, byteLength), &byteLength, 4);
			bytes[byteLength - 1] = 'x';
			break;
		default:
			word = words ? next_random(words) : 0;
			value = next_random(2) ? byteLength + next_random(9) - 4 : edges[next_random(sizeof(edges) / sizeof(edges[0]))];
			if (words)
				memcpy(bytes + word * 4, &value, 4);
			break;
		}
	}
}

int main(int argc, char* argv[]) {
	static const int never = HF_ARCHIVE_IDS; /* only a machine finds this out */
	unsigned long counts[CODES + 1] = { 0 };
	uint8_t rootHash[HF_ROOT_HASH_LENGTH];
	uint8_t* original;
	long rounds, size;
	int code;
	FILE* file;
	if (argc != 4)
		return 2;
	file = fopen(argv[1], "rb");
	if (!file || fseek(file, 0, SEEK_END) || ((size = ftell(file)) < (long)sizeof(hfArchiveHeader)) || fseek(file, 0, SEEK_SET))
		return 2;
	original = malloc((size_t)size);
	if (!original || (fread(original, 1, (size_t)size, file) != (size_t)size))
		return 2;
	fclose(file);
	memcpy(rootHash, ((const hfArchiveHeader*)(const void*)original)->rootHash, sizeof(rootHash));
	if (open_and_read(original, (size_t)size, rootHash) != HF_ARCHIVE_OK) {
		fprintf(stderr, "expected the archive to be valid\n");
		return 1;
	}
	state = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15ull | 1;
	for (rounds = strtol(argv[2], NULL, 10); rounds > 0; rounds--) {
		/* Exactly as long as it says: one byte beyond is not ours. */
		uint32_t length = next_random(4) ? (uint32_t)size : 1 + next_random((uint32_t)size);
		uint8_t* copy = malloc(length);
		if (!copy)
			return 2;
		memcpy(copy, original, length);
		if (next_random(16))
			damage(copy, length);
		code = open_and_read(copy, length, rootHash);
		free(copy);
		if ((code < 0) || (code >= CODES) || (code == never) || !strcmp(hf_archive_error(code), "archive-unknown")) {
			fprintf(stderr, "expected a known code, found %d\n", code);
			return 1;
		}
		counts[code]++;
	}
	for (code = 0; code < CODES; code++)
		printf("%s %lu\n", hf_archive_error(code), counts[code]);
	free(original);
	return 0;
}
