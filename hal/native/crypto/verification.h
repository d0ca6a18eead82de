/* The cryptography of verified boot, for C callers and for native:crypto. */
#ifndef HOLDFAST_VERIFICATION_H
#define HOLDFAST_VERIFICATION_H

#include <stdint.h>

enum { HF_DIGEST_LENGTH = 32, HF_P256_KEY_LENGTH = 65, HF_P256_SIGNATURE_LENGTH = 64 };

/* All return 1 when done or valid, 0 otherwise. */
int hf_sha256(const void* data, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]);
/* Hashes readable memory by address; the caller has checked the range. */
int hf_sha256_region(uint32_t address, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]);
int hf_verify_p256(const uint8_t key[HF_P256_KEY_LENGTH], const uint8_t digest[HF_DIGEST_LENGTH],
	const uint8_t signature[HF_P256_SIGNATURE_LENGTH]);

#endif
