/* A window onto physical memory, kept in a host object's chunk, out of reach of TypeScript. */
#ifndef HOLDFAST_WINDOW_H
#define HOLDFAST_WINDOW_H

#include <stdint.h>

#include "xsmc.h"

typedef struct {
	uint32_t base;
	uint32_t byteLength;
	uint32_t shared; /* memory that devices use too: accesses are ordered with barriers */
} hfWindow;

/* Makes xsResult a window that inherits from argument prototypeIndex (an object). */
void hf_window_create(xsMachine* the, xsIntegerValue prototypeIndex, const hfWindow* window);
/* The window that `this` is; TypeError when it is none. */
hfWindow hf_window_of_this(xsMachine* the);

#endif
