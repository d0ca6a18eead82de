/* The XSPLATFORM header of the host tools: the same XS features as the device, on an ordinary C library. */
#ifndef HOLDFAST_XS_HOST_H
#define HOLDFAST_XS_HOST_H

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../hal/native/xs/xs-features.h"

#define mxUseDefaultMachinePlatform 1
#define mxUseDefaultChunkAllocation 1
#define mxUseDefaultSlotAllocation 1

#define C_PATH_MAX 1024

#endif
