/* Copies that suit device memory: aligned words only, whatever the compiler and the library would like. */
#ifndef HOLDFAST_MEMORY_COPY_H
#define HOLDFAST_MEMORY_COPY_H

#include <stdint.h>

/* Copies from readable memory, which may be flash mapped as device memory. target is ordinary memory. */
void hf_copy_from_region(void* target, uint32_t source, uint32_t byteLength);
/* 1 when every byte of readable memory is 0xff. */
int hf_region_is_erased(uint32_t source, uint32_t byteLength);
/* 1 when readable memory holds these bytes. */
int hf_region_equals(uint32_t source, const uint8_t* bytes, uint32_t byteLength);

#endif
