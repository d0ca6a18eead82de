/* native:crypto. */
#include "arguments.h"
#include "regions.h"
#include "verification.h"

static void set_digest(xsMachine* the, int done, uint8_t digest[HF_DIGEST_LENGTH]) {
	if (!done)
		xsUnknownError("sha256: expected a digest, found a failure of the library");
	xsmcSetArrayBuffer(xsResult, digest, HF_DIGEST_LENGTH);
}

void native_crypto_sha256(xsMachine* the) {
	uint8_t digest[HF_DIGEST_LENGTH];
	uint32_t byteLength;
	const uint8_t* data = hf_argument_bytes(the, 0, "data", &byteLength);
	set_digest(the, hf_sha256(data, byteLength, digest), digest);
}

void native_crypto_sha256Region(xsMachine* the) {
	uint8_t digest[HF_DIGEST_LENGTH];
	const uint32_t address = hf_argument_unsigned(the, 0, "address", UINT32_MAX);
	const uint32_t byteLength = hf_argument_unsigned(the, 1, "byteLength", UINT32_MAX);
	if (!hf_readable_region(address, byteLength))
		xsRangeError("address: expected a readable range, found 0x%lx length 0x%lx", (unsigned long)address, (unsigned long)byteLength);
	set_digest(the, hf_sha256_region(address, byteLength, digest), digest);
}

void native_crypto_verifyP256(xsMachine* the) {
	const uint8_t* key = hf_argument_bytes_of(the, 0, "publicKey", HF_P256_KEY_LENGTH);
	const uint8_t* digest = hf_argument_bytes_of(the, 1, "digest", HF_DIGEST_LENGTH);
	const uint8_t* signature = hf_argument_bytes_of(the, 2, "signature", HF_P256_SIGNATURE_LENGTH);
	xsmcSetBoolean(xsResult, hf_verify_p256(key, digest, signature));
}
