/* Creates host objects that inherit from an ordinary object; included by code for either of XS's two interfaces. */
#ifndef HOLDFAST_HOST_INSTANCE_H
#define HOLDFAST_HOST_INSTANCE_H

#include <stddef.h>

#if defined(__XSALL__)
#define HF_MACHINE txMachine
#define HF_SLOT txSlot
#else
#define HF_MACHINE xsMachine
#define HF_SLOT xsSlot
#endif

/* Stores an object in *result with a copy of data in its chunk. destructor also marks the kind of object; it must do nothing. */
void hf_new_host_instance(HF_MACHINE* the, HF_SLOT* result, HF_SLOT* prototype, void (*destructor)(void*), const void* data,
	size_t byteLength);
/* The chunk of an object made with this destructor, or NULL for any other value. It moves at the next allocation. */
const void* hf_host_instance_data(HF_MACHINE* the, HF_SLOT* object, void (*destructor)(void*));

#endif
