/* Checks of what TypeScript passes to native functions; each throws TypeError or RangeError naming expected and found. */
#ifndef HOLDFAST_ARGUMENTS_H
#define HOLDFAST_ARGUMENTS_H

#include <stdint.h>

#include "xsmc.h"

/* Argument index as an integer from 0 to maximum. name is for the message. */
uint32_t hf_argument_unsigned(xsMachine* the, xsIntegerValue index, const char* name, uint32_t maximum);
/* The same up to 2^53 - 1. */
uint64_t hf_argument_long(xsMachine* the, xsIntegerValue index, const char* name);
/* Argument index as an object. */
void hf_argument_object(xsMachine* the, xsIntegerValue index, const char* name);
/* Bytes of an ArrayBuffer or view. They move at the next allocation in the machine: use them at once. */
const uint8_t* hf_argument_bytes(xsMachine* the, xsIntegerValue index, const char* name, uint32_t* byteLength);
/* The same, to write to: not those of a frozen or read-only buffer. */
uint8_t* hf_argument_writable_bytes(xsMachine* the, xsIntegerValue index, const char* name, uint32_t* byteLength);
/* As hf_argument_bytes, of exactly byteLength bytes. */
const uint8_t* hf_argument_bytes_of(xsMachine* the, xsIntegerValue index, const char* name, uint32_t byteLength);

#endif
