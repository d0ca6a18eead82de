/* SHA-512, HMAC (RFC 2104) and ChaCha20-Poly1305 with mbedTLS, private keys with p256-m: nothing is allocated, all state is on the stack. */
#include "private-operations.h"

#include <string.h>

#include "mbedtls/chachapoly.h"
#include "mbedtls/platform_util.h"
#include "p256-m.h"
#include "psa/crypto.h"

/* Bytes. The compilers' own call graphs say 1,136 for SHA-512 and 768 for a signature. */
enum { STACK_USE = 1536, UNCOMPRESSED = 4, INNER_PAD = 0x36, OUTER_PAD = 0x5c };

/* The nonce of the signature being made. */
static const uint8_t* signatureNonce;

/* The only randomness that p256-m asks for is a signature's nonce, and PSA, whose function this is, is not linked. */
psa_status_t psa_generate_random(uint8_t* output, size_t outputLength) {
	if ((signatureNonce == NULL) || (outputLength != HF_P256_SCALAR_LENGTH))
		return PSA_ERROR_INSUFFICIENT_ENTROPY;
	memcpy(output, signatureNonce, HF_P256_SCALAR_LENGTH);
	/* A nonce out of range makes p256-m ask again: there is no second one. */
	signatureNonce = NULL;
	return PSA_SUCCESS;
}

int hf_sha512(const void* data, uint32_t byteLength, uint8_t digest[HF_SHA512_LENGTH]) {
	const int done = mbedtls_sha512(data, byteLength, digest, 0) == 0;
	if (!done)
		hf_wipe(digest, HF_SHA512_LENGTH);
	return done;
}

/* The hash functions of this configuration cannot fail: their results are those of alternative implementations. */
static void hash_start(hfHmac* hmac) {
	if (hmac->isSha512) {
		mbedtls_sha512_init(&hmac->hash.sha512);
		mbedtls_sha512_starts(&hmac->hash.sha512, 0);
	} else {
		mbedtls_sha256_init(&hmac->hash.sha256);
		mbedtls_sha256_starts(&hmac->hash.sha256, 0);
	}
}

void hf_hmac_update(hfHmac* hmac, const uint8_t* data, uint32_t byteLength) {
	if (hmac->isSha512)
		mbedtls_sha512_update(&hmac->hash.sha512, data, byteLength);
	else
		mbedtls_sha256_update(&hmac->hash.sha256, data, byteLength);
}

static void hash_finish(hfHmac* hmac, uint8_t* digest) {
	if (hmac->isSha512)
		mbedtls_sha512_finish(&hmac->hash.sha512, digest);
	else
		mbedtls_sha256_finish(&hmac->hash.sha256, digest);
}

static uint32_t digest_length(const hfHmac* hmac) { return hmac->isSha512 ? HF_SHA512_LENGTH : HF_DIGEST_LENGTH; }

/* Begins a hash with the block that the key is mixed into. */
static void start_with_key(hfHmac* hmac, uint8_t change) {
	const uint32_t blockLength = 2 * digest_length(hmac);
	for (uint32_t index = 0; index < blockLength; index++)
		hmac->key[index] ^= change;
	hash_start(hmac);
	hf_hmac_update(hmac, hmac->key, blockLength);
}

void hf_hmac_start(hfHmac* hmac, int isSha512, const uint8_t* key, uint32_t keyLength) {
	memset(hmac, 0, sizeof(*hmac));
	hmac->isSha512 = isSha512;
	if (keyLength > 2 * digest_length(hmac)) {
		hash_start(hmac);
		hf_hmac_update(hmac, key, keyLength);
		hash_finish(hmac, hmac->key);
	} else if (keyLength > 0)
		memcpy(hmac->key, key, keyLength);
	start_with_key(hmac, INNER_PAD);
}

void hf_hmac_finish(hfHmac* hmac, uint8_t* mac) {
	hash_finish(hmac, mac);
	start_with_key(hmac, INNER_PAD ^ OUTER_PAD);
	hf_hmac_update(hmac, mac, digest_length(hmac));
	hash_finish(hmac, mac);
	hf_wipe(hmac, sizeof(*hmac));
}

int hf_p256_public_key(const uint8_t privateKey[HF_P256_SCALAR_LENGTH], uint8_t publicKey[HF_P256_KEY_LENGTH]) {
	const int done = p256_public_from_private(publicKey + 1, privateKey) == P256_SUCCESS;
	publicKey[0] = UNCOMPRESSED;
	if (!done)
		hf_wipe(publicKey, HF_P256_KEY_LENGTH);
	return done;
}

int hf_p256_sign(const uint8_t privateKey[HF_P256_SCALAR_LENGTH], const uint8_t nonce[HF_P256_SCALAR_LENGTH],
	const uint8_t digest[HF_DIGEST_LENGTH], uint8_t signature[HF_P256_SIGNATURE_LENGTH]) {
	signatureNonce = nonce;
	const int done = p256_ecdsa_sign(signature, privateKey, digest, HF_DIGEST_LENGTH) == P256_SUCCESS;
	signatureNonce = NULL;
	/* r without s is the nonce's public key: a refused signature shows neither. */
	if (!done)
		hf_wipe(signature, HF_P256_SIGNATURE_LENGTH);
	return done;
}

int hf_aead_seal(const hfAead* aead, uint8_t* sealed) {
	mbedtls_chachapoly_context context;
	mbedtls_chachapoly_init(&context);
	int failure = mbedtls_chachapoly_setkey(&context, aead->key);
	if (failure == 0)
		failure = mbedtls_chachapoly_encrypt_and_tag(&context, aead->plainLength, aead->nonce, aead->associated,
			aead->associatedLength, aead->input, sealed, sealed + aead->plainLength);
	mbedtls_chachapoly_free(&context);
	if (failure != 0)
		hf_wipe(sealed, aead->plainLength + HF_AEAD_TAG_LENGTH);
	return failure == 0;
}

int hf_aead_open(const hfAead* aead, uint8_t* plain) {
	mbedtls_chachapoly_context context;
	mbedtls_chachapoly_init(&context);
	int failure = mbedtls_chachapoly_setkey(&context, aead->key);
	if (failure == 0)
		failure = mbedtls_chachapoly_auth_decrypt(&context, aead->plainLength, aead->nonce, aead->associated, aead->associatedLength,
			aead->input + aead->plainLength, aead->input, plain);
	mbedtls_chachapoly_free(&context);
	if (failure != 0)
		hf_wipe(plain, aead->plainLength);
	return failure == 0;
}

void hf_wipe(void* bytes, uint32_t byteLength) { mbedtls_platform_zeroize(bytes, byteLength); }

__attribute__((noinline)) void hf_wipe_stack(void) {
	uint8_t used[STACK_USE];
	mbedtls_platform_zeroize(used, sizeof(used));
}
