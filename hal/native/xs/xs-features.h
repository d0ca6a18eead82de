/* The XS feature switches that the device and the host tools must share: they decide slot kinds, ids and byte code. */
#ifndef HOLDFAST_XS_FEATURES_H
#define HOLDFAST_XS_FEATURES_H

/* XS tests these with #ifdef, so a value of 0 would still enable them: leave out what is not wanted. mx32bitID stays
 * undefined everywhere (2-byte ids), and so does mxParse: no machine of ours holds a parser. */
#ifndef mxCompile /* the byte code compiler links no machine */
#define mxRun 1
#define mxMetering 1
#endif
#define mxLockdown 1
#define mxBoundsCheck 1
#define mxMinusZero 1

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultCStackLimit 0
#define mxMultipleThreads 1 /* drops the shared cluster, which only SharedArrayBuffer waits need */

#endif
