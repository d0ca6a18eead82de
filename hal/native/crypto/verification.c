/* SHA-256 of mbedTLS and ECDSA P-256 verification of p256-m: nothing is allocated, and nothing is secret. */
#include "verification.h"

#include "mbedtls/sha256.h"
#include "memory-copy.h"
#include "p256-m.h"
#include "regions.h"

enum { CHUNK = 512, UNCOMPRESSED = 4 };

int hf_sha256(const void* data, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	return mbedtls_sha256(data, byteLength, digest, 0) == 0;
}

#ifdef HF_CPU_ARMV7A

/* Flash is mapped as device memory, where only aligned accesses are allowed: it goes through a buffer. */
static int hash_device(uint32_t address, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	mbedtls_sha256_context context;
	uint32_t buffer[CHUNK / 4];
	mbedtls_sha256_init(&context);
	int failure = mbedtls_sha256_starts(&context, 0);
	while ((failure == 0) && (byteLength > 0)) {
		const uint32_t count = (byteLength < CHUNK) ? byteLength : CHUNK;
		hf_copy_from_region(buffer, address, count);
		failure = mbedtls_sha256_update(&context, (const uint8_t*)buffer, count);
		address += count;
		byteLength -= count;
	}
	if (failure == 0)
		failure = mbedtls_sha256_finish(&context, digest);
	mbedtls_sha256_free(&context);
	return failure == 0;
}

int hf_sha256_region(uint32_t address, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	const hfRegion* region = hf_readable_region(address, byteLength);
	if (region && (region->flags & HF_REGION_FLASH))
		return hash_device(address, byteLength, digest);
	return region && hf_sha256((const void*)(uintptr_t)address, byteLength, digest);
}

#else

int hf_sha256_region(uint32_t address, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	return hf_readable_region(address, byteLength) && hf_sha256((const void*)(uintptr_t)address, byteLength, digest);
}

#endif

int hf_verify_p256(const uint8_t key[HF_P256_KEY_LENGTH], const uint8_t digest[HF_DIGEST_LENGTH],
	const uint8_t signature[HF_P256_SIGNATURE_LENGTH]) {
	return (key[0] == UNCOMPRESSED) && (p256_ecdsa_verify(signature, key + 1, digest, HF_DIGEST_LENGTH) == P256_SUCCESS);
}
