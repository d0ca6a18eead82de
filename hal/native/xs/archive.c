/* Reads an archive: bounds first, then by index. Nothing here writes to it. */
#include "archive.h"

#include <string.h>

enum { ARCHIVE_MAGIC = 0x52414648, ARCHIVE_VERSION = 1, MAXIMUM_NAMES = 0x4000, MAXIMUM_MODULES = 0x400 };

static int table_fits(const hfArchiveHeader* header, uint32_t offset, uint32_t count, uint32_t size) {
	return (offset % 4 == 0) && (offset <= header->byteLength) && (count <= (header->byteLength - offset) / size);
}

static int string_fits(const uint8_t* base, uint32_t byteLength, uint32_t offset) {
	return (offset < byteLength) && memchr(base + offset, 0, byteLength - offset);
}

int hf_archive_open(hfArchive* archive, const void* base, size_t byteLength, const uint8_t* rootHash) {
	const hfArchiveHeader* header = base;
	uint32_t index;
	archive->base = NULL;
	archive->header = NULL;
	if (!base || ((uintptr_t)base % 4) || (byteLength < sizeof(hfArchiveHeader)))
		return HF_ARCHIVE_TOO_SHORT;
	if (header->magic != ARCHIVE_MAGIC)
		return HF_ARCHIVE_MAGIC;
	if (header->version != ARCHIVE_VERSION)
		return HF_ARCHIVE_VERSION;
	if ((header->byteLength > byteLength) || (header->byteLength < sizeof(hfArchiveHeader)))
		return HF_ARCHIVE_LENGTH;
	if (memcmp(header->rootHash, rootHash, HF_ROOT_HASH_LENGTH))
		return HF_ARCHIVE_ROOT;
	if ((header->nameCount > MAXIMUM_NAMES) || (header->moduleCount > MAXIMUM_MODULES) || (header->moduleCount == 0)
		|| !table_fits(header, header->namesOffset, header->nameCount, sizeof(uint32_t))
		|| !table_fits(header, header->modulesOffset, header->moduleCount, sizeof(hfArchiveModule)))
		return HF_ARCHIVE_TABLE;
	archive->base = base;
	archive->header = header;
	for (index = 0; index < header->nameCount; index++) {
		const uint32_t* offsets = (const uint32_t*)(const void*)(archive->base + header->namesOffset);
		if (!string_fits(base, header->byteLength, offsets[index]))
			return HF_ARCHIVE_TABLE;
	}
	for (index = 0; index < header->moduleCount; index++) {
		const hfArchiveModule* module = hf_archive_module(archive, index);
		if (!string_fits(base, header->byteLength, module->nameOffset) || (module->codeLength == 0)
			|| (module->codeOffset > header->byteLength)
			|| (module->codeLength > header->byteLength - module->codeOffset))
			return HF_ARCHIVE_TABLE;
	}
	return HF_ARCHIVE_OK;
}

const char* hf_archive_error(int code) {
	static const char* const texts[] = { "ok", "archive-too-short", "archive-magic", "archive-version",
		"archive-length", "archive-root-mismatch", "archive-table", "archive-ids" };
	return (code >= 0 && code < (int)(sizeof(texts) / sizeof(texts[0]))) ? texts[code] : "archive-unknown";
}

const char* hf_archive_name(const hfArchive* archive, uint32_t index) {
	const uint32_t* offsets = (const uint32_t*)(const void*)(archive->base + archive->header->namesOffset);
	return (const char*)archive->base + offsets[index];
}

const hfArchiveModule* hf_archive_module(const hfArchive* archive, uint32_t index) {
	return (const hfArchiveModule*)(const void*)(archive->base + archive->header->modulesOffset) + index;
}

const hfArchiveModule* hf_archive_find(const hfArchive* archive, const char* name) {
	uint32_t index;
	for (index = 0; index < archive->header->moduleCount; index++) {
		const hfArchiveModule* module = hf_archive_module(archive, index);
		if (!strcmp((const char*)archive->base + module->nameOffset, name))
			return module;
	}
	return NULL;
}
