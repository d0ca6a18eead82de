/* The 32-byte header of an image's payload: what the stage before and the tools read without knowing symbols. */
#include "board-config.h"

#if defined(HF_ROLE_ROM)
#define MAGIC 0x54424648 /* "HFBT"; at byte 32, behind the reset vector */
#elif defined(HF_ROLE_ROOT)
#define MAGIC 0x4f524648 /* "HFRO"; at byte 0 */
#else
#define MAGIC 0x54524648 /* "HFRT"; at byte 0 */
#endif

	.section .hf_header, "ax"
	.balign 4
	.global hf_image_header
hf_image_header:
	.word MAGIC
	.word hf_reset
	.word _image_start
	.word _image_byte_length
	.word _archive_byte_length /* filled in by the build when it appends the archive */
	.word _ram_used
	.word 0, 0 /* first 8 bytes of the root hash, filled in by the build */
