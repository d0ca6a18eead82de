/* Archives: modules whose symbol ids were resolved against one frozen root at build time, executed in place. The format
 * is in docs/design/0002-archive.md. */
#ifndef HOLDFAST_XS_ARCHIVE_H
#define HOLDFAST_XS_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

enum {
	HF_ARCHIVE_OK = 0,
	HF_ARCHIVE_TOO_SHORT,
	HF_ARCHIVE_MAGIC,
	HF_ARCHIVE_VERSION,
	HF_ARCHIVE_LENGTH,
	HF_ARCHIVE_ROOT,
	HF_ARCHIVE_TABLE,
	HF_ARCHIVE_IDS
};

enum { HF_ROOT_HASH_LENGTH = 32 };

typedef struct {
	uint32_t magic;
	uint32_t version;
	uint32_t byteLength;
	uint32_t moduleCount;
	uint32_t nameCount;
	uint32_t firstNameId; /* id of name 0: the root's key count */
	uint32_t namesOffset; /* u32 offsets of NUL-terminated names */
	uint32_t modulesOffset; /* hfArchiveModule records; module 0 is the entry */
	uint8_t rootHash[HF_ROOT_HASH_LENGTH];
} hfArchiveHeader;

typedef struct {
	uint32_t nameOffset;
	uint32_t codeOffset;
	uint32_t codeLength;
} hfArchiveModule;

typedef struct {
	const uint8_t* base;
	const hfArchiveHeader* header;
} hfArchive;

/* Checks every offset of an archive before anything follows one. rootHash is that of the root it will run on. */
int hf_archive_open(hfArchive* archive, const void* base, size_t byteLength, const uint8_t* rootHash);
const char* hf_archive_error(int code);
const char* hf_archive_name(const hfArchive* archive, uint32_t index);
const hfArchiveModule* hf_archive_module(const hfArchive* archive, uint32_t index);
const hfArchiveModule* hf_archive_find(const hfArchive* archive, const char* name);

/* SHA-256 of the linked-in frozen root's contents (written by the freezer). */
extern const uint8_t gxRootHash[HF_ROOT_HASH_LENGTH];

#endif
