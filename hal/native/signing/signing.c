/* native:signing. Results are allocated first, because allocating moves the arguments, and written in place. */
#include "arguments.h"
#include "private-operations.h"

static uint8_t* result(xsMachine* the, uint32_t byteLength) { return xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)byteLength); }

void native_signing_sha512(xsMachine* the) {
	uint32_t byteLength;
	hf_argument_bytes(the, 0, "data", &byteLength);
	uint8_t* digest = result(the, HF_SHA512_LENGTH);
	const int done = hf_sha512(hf_argument_bytes(the, 0, "data", &byteLength), byteLength, digest);
	hf_wipe_stack();
	if (!done)
		xsUnknownError("sha512: expected a digest, found a failure of the library");
}

/* The key is argument 0, the parts are all that follow. */
static void hmac_result(xsMachine* the, int isSha512) {
	hfHmac hmac;
	uint32_t byteLength;
	const xsIntegerValue count = xsmcArgc;
	for (xsIntegerValue index = 0; (index == 0) || (index < count); index++)
		hf_argument_bytes(the, index, (index == 0) ? "key" : "parts", &byteLength);
	uint8_t* mac = result(the, isSha512 ? HF_SHA512_LENGTH : HF_DIGEST_LENGTH);
	const uint8_t* bytes = hf_argument_bytes(the, 0, "key", &byteLength);
	hf_hmac_start(&hmac, isSha512, bytes, byteLength);
	for (xsIntegerValue index = 1; index < count; index++) {
		bytes = hf_argument_bytes(the, index, "parts", &byteLength);
		hf_hmac_update(&hmac, bytes, byteLength);
	}
	hf_hmac_finish(&hmac, mac);
	hf_wipe_stack();
}

void native_signing_hmacSha256(xsMachine* the) { hmac_result(the, 0); }

void native_signing_hmacSha512(xsMachine* the) { hmac_result(the, 1); }

void native_signing_p256PublicKey(xsMachine* the) {
	hf_argument_bytes_of(the, 0, "privateKey", HF_P256_SCALAR_LENGTH);
	uint8_t* publicKey = result(the, HF_P256_KEY_LENGTH);
	const int done = hf_p256_public_key(hf_argument_bytes_of(the, 0, "privateKey", HF_P256_SCALAR_LENGTH), publicKey);
	hf_wipe_stack();
	if (!done)
		xsRangeError("privateKey: expected a number from 1 to n - 1, found another");
}

static void sign_arguments(xsMachine* the, const uint8_t* bytes[3]) {
	bytes[0] = hf_argument_bytes_of(the, 0, "privateKey", HF_P256_SCALAR_LENGTH);
	bytes[1] = hf_argument_bytes_of(the, 1, "nonce", HF_P256_SCALAR_LENGTH);
	bytes[2] = hf_argument_bytes_of(the, 2, "digest", HF_DIGEST_LENGTH);
}

void native_signing_p256Sign(xsMachine* the) {
	const uint8_t* bytes[3];
	sign_arguments(the, bytes);
	uint8_t* signature = result(the, HF_P256_SIGNATURE_LENGTH);
	sign_arguments(the, bytes);
	const int done = hf_p256_sign(bytes[0], bytes[1], bytes[2], signature);
	hf_wipe_stack();
	if (!done)
		xsRangeError("privateKey, nonce: expected numbers from 1 to n - 1, found another");
}

static void aead_arguments(xsMachine* the, const char* input, hfAead* aead) {
	aead->key = hf_argument_bytes_of(the, 0, "key", HF_AEAD_KEY_LENGTH);
	aead->nonce = hf_argument_bytes_of(the, 1, "nonce", HF_AEAD_NONCE_LENGTH);
	aead->associated = hf_argument_bytes(the, 2, "associated", &aead->associatedLength);
	aead->input = hf_argument_bytes(the, 3, input, &aead->plainLength);
}

void native_signing_aeadSeal(xsMachine* the) {
	hfAead aead;
	aead_arguments(the, "plain", &aead);
	if (aead.plainLength > INT32_MAX - HF_AEAD_TAG_LENGTH)
		xsRangeError("plain: expected less than 2 GiB, found %lu bytes", (unsigned long)aead.plainLength);
	uint8_t* sealed = result(the, aead.plainLength + HF_AEAD_TAG_LENGTH);
	aead_arguments(the, "plain", &aead);
	const int done = hf_aead_seal(&aead, sealed);
	hf_wipe_stack();
	if (!done)
		xsUnknownError("aeadSeal: expected a sealed text, found a failure of the library");
}

static void open_arguments(xsMachine* the, hfAead* aead) {
	aead_arguments(the, "sealed", aead);
	if (aead->plainLength < HF_AEAD_TAG_LENGTH)
		xsRangeError("sealed: expected %d bytes or more, found %lu", HF_AEAD_TAG_LENGTH, (unsigned long)aead->plainLength);
	aead->plainLength -= HF_AEAD_TAG_LENGTH;
}

void native_signing_aeadOpen(xsMachine* the) {
	hfAead aead;
	open_arguments(the, &aead);
	uint8_t* plain = result(the, aead.plainLength);
	open_arguments(the, &aead);
	const int done = hf_aead_open(&aead, plain);
	hf_wipe_stack();
	if (!done)
		xsmcSetUndefined(xsResult);
}

void native_signing_wipe(xsMachine* the) {
	void* data = NULL;
	xsUnsignedValue byteLength = 0;
	hf_argument_object(the, 0, "bytes");
	xsmcGetBufferWritable(xsArg(0), &data, &byteLength);
	hf_wipe(data, (uint32_t)byteLength);
}
