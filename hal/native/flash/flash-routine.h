/* The commands that erase and program the flash. From a routine's first command to its return nothing but its own code and the
 * caller's stack and data may be touched: on a board whose root of trust runs from the same bank, both lie in RAM. */
#ifndef HOLDFAST_FLASH_ROUTINE_H
#define HOLDFAST_FLASH_ROUTINE_H

#include <stdint.h>

/* Erases the sector that begins at sector. Whether it did is seen by reading. */
void hf_flash_erase(volatile uint32_t* sector);
/* Programs up to HF_FLASH_BUFFER bytes, whole words that do not cross a multiple of HF_FLASH_BUFFER. Whether it did is seen by
 * reading. */
void hf_flash_program(volatile uint32_t* target, const uint8_t* bytes, uint32_t byteLength);

/* The two chips' write buffers together. Both boards have these chips; a write that crosses a multiple is lost. */
enum { HF_FLASH_BUFFER = 4096 };

#endif
