/* SHA-256 and ECDSA P-256 through PSA. */
#include "verification.h"

#include "memory-copy.h"
#include "psa/crypto.h"
#include "regions.h"

enum { CHUNK = 512 };

/* Verification needs no randomness; a call for it means that something is configured that must not be. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t* context, uint8_t* output, size_t outputSize,
	size_t* outputLength) {
	(void)context;
	(void)output;
	(void)outputSize;
	*outputLength = 0;
	return PSA_ERROR_INSUFFICIENT_ENTROPY;
}

static int ready(void) { return psa_crypto_init() == PSA_SUCCESS; }

int hf_sha256(const void* data, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	size_t length;
	return ready() && (psa_hash_compute(PSA_ALG_SHA_256, data, byteLength, digest, HF_DIGEST_LENGTH, &length) == PSA_SUCCESS);
}

#ifdef HF_CPU_ARMV7A

/* Flash is mapped as device memory, where only aligned accesses are allowed: it goes through a buffer. */
static int hash_device(uint32_t address, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
	uint32_t buffer[CHUNK / 4];
	size_t length;
	psa_status_t status = psa_hash_setup(&operation, PSA_ALG_SHA_256);
	while ((status == PSA_SUCCESS) && (byteLength > 0)) {
		const uint32_t count = (byteLength < CHUNK) ? byteLength : CHUNK;
		hf_copy_from_region(buffer, address, count);
		status = psa_hash_update(&operation, (const uint8_t*)buffer, count);
		address += count;
		byteLength -= count;
	}
	if (status == PSA_SUCCESS)
		status = psa_hash_finish(&operation, digest, HF_DIGEST_LENGTH, &length);
	if (status != PSA_SUCCESS)
		psa_hash_abort(&operation);
	return status == PSA_SUCCESS;
}

int hf_sha256_region(uint32_t address, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	const hfRegion* region = hf_readable_region(address, byteLength);
	if (region && (region->flags & HF_REGION_FLASH))
		return ready() && hash_device(address, byteLength, digest);
	return region && hf_sha256((const void*)(uintptr_t)address, byteLength, digest);
}

#else

int hf_sha256_region(uint32_t address, uint32_t byteLength, uint8_t digest[HF_DIGEST_LENGTH]) {
	return hf_readable_region(address, byteLength) && hf_sha256((const void*)(uintptr_t)address, byteLength, digest);
}

#endif

int hf_verify_p256(const uint8_t key[HF_P256_KEY_LENGTH], const uint8_t digest[HF_DIGEST_LENGTH],
	const uint8_t signature[HF_P256_SIGNATURE_LENGTH]) {
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id;
	if (!ready())
		return 0;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
	psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
	if (psa_import_key(&attributes, key, HF_P256_KEY_LENGTH, &id) != PSA_SUCCESS)
		return 0;
	const psa_status_t verified = psa_verify_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, HF_DIGEST_LENGTH, signature,
		HF_P256_SIGNATURE_LENGTH);
	const psa_status_t destroyed = psa_destroy_key(id);
	return (verified == PSA_SUCCESS) && (destroyed == PSA_SUCCESS);
}
