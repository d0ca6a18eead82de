/* One fixed region of memory per XS machine: everything a machine allocates comes from its arena and ends with it. */
#ifndef HOLDFAST_XS_ARENA_H
#define HOLDFAST_XS_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct hfArena hfArena;

/* Formats memory as an empty arena. Returns NULL when it is too small or not aligned to 8 bytes. */
hfArena* hf_arena_open(void* memory, size_t byteLength);
/* The arena that hf_arena_malloc and its kin serve from now on; returns the former one. NULL refuses every request. */
hfArena* hf_arena_use(hfArena* arena);
/* Bytes handed out now, block headers included. */
size_t hf_arena_used(const hfArena* arena);
/* The most that was ever handed out at once. */
size_t hf_arena_peak(const hfArena* arena);

void* hf_arena_malloc(size_t byteLength);
void* hf_arena_calloc(size_t count, size_t byteLength);
void* hf_arena_realloc(void* block, size_t byteLength);
void hf_arena_free(void* block);

#endif
