/* mbedTLS 3.6 for verification only: PSA, no randomness, no legacy interface, no files, no time. */
#ifndef HOLDFAST_MBEDTLS_CONFIG_H
#define HOLDFAST_MBEDTLS_CONFIG_H

#include <stddef.h>

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
#define MBEDTLS_PSA_KEY_SLOT_COUNT 4
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO hf_crypto_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO hf_crypto_free
#define MBEDTLS_HAVE_ASM

void* hf_crypto_calloc(size_t count, size_t byteLength);
void hf_crypto_free(void* block);

#endif
