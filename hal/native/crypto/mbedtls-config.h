/*
 * What is taken of mbedTLS 3.6: the primitives themselves, without PSA above them. PSA's key store and dispatch would be 5 KB
 * of code, a heap, and one list of algorithms for all images; called directly, an image links what it calls. A change of
 * mbedTLS's major version has to look at verification.c and at signing's private-operations.c.
 */
#ifndef HOLDFAST_MBEDTLS_CONFIG_H
#define HOLDFAST_MBEDTLS_CONFIG_H

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA512_C
/* Half of the code. It hashes a few hundred bytes at a time, never an image. */
#define MBEDTLS_SHA512_SMALLER
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
#define MBEDTLS_HAVE_ASM

#endif
