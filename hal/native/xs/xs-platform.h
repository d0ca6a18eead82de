/* The XSPLATFORM header of the boards: maps what XS asks of its host to the machine arena and the board's clock. */
#ifndef HOLDFAST_XS_PLATFORM_H
#define HOLDFAST_XS_PLATFORM_H

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "arena.h"
#include "xs-features.h"

/* txMachine.context carries the hfMachine that owns it, so no field of our own is needed. */
#define mxMachinePlatform void* host;

#define c_malloc hf_arena_malloc
#define c_calloc hf_arena_calloc
#define c_realloc hf_arena_realloc
#define c_free hf_arena_free
#define c_malloc_uint32 hf_arena_malloc
#define c_free_uint32 hf_arena_free
#define c_exit hf_unreachable_exit

/* Wall clock: UTC only; devices have no time zone data. */
typedef struct timeval c_timeval;
#define c_gettimeofday hf_gettimeofday
#define c_localtime hf_utc_time
#define c_mktime hf_utc_seconds
extern int hf_gettimeofday(struct timeval* now, void* zone);
extern struct tm* hf_utc_time(const time_t* seconds);
extern time_t hf_utc_seconds(struct tm* fields);
extern void hf_unreachable_exit(int status) __attribute__((noreturn));

/* Math.random is for games, not for keys: seeded from the cycle counter, never used by the root of trust. */
#define c_rand hf_rand
#define C_RAND_MAX 0x7fffffff
extern int hf_rand(void);

#define C_PATH_MAX 128

#endif
