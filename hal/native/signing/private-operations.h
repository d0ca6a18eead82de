/* Operations on secrets, for native:signing. Callers wipe the stack behind them with hf_wipe_stack. */
#ifndef HOLDFAST_PRIVATE_OPERATIONS_H
#define HOLDFAST_PRIVATE_OPERATIONS_H

#include <stdint.h>

#include "mbedtls/sha256.h"
#include "mbedtls/sha512.h"
#include "verification.h"

enum { HF_SHA512_LENGTH = 64, HF_P256_SCALAR_LENGTH = 32, HF_AEAD_KEY_LENGTH = 32, HF_AEAD_NONCE_LENGTH = 12, HF_AEAD_TAG_LENGTH = 16 };

enum { HF_HMAC_BLOCK_LIMIT = 128 };

/* A MAC in the making. hf_hmac_finish wipes it. */
typedef struct {
	int isSha512;
	/* The key, padded to a block of the hash. */
	uint8_t key[HF_HMAC_BLOCK_LIMIT];
	union {
		mbedtls_sha256_context sha256;
		mbedtls_sha512_context sha512;
	} hash;
} hfHmac;

typedef struct {
	const uint8_t* key;
	const uint8_t* nonce;
	const uint8_t* associated;
	uint32_t associatedLength;
	const uint8_t* input;
	/* Of the plain text; the sealed text has HF_AEAD_TAG_LENGTH more, the tag at its end. */
	uint32_t plainLength;
} hfAead;

/* Functions with a result return 1 when done, 0 when refused; then the output holds nothing of it. */
int hf_sha512(const void* data, uint32_t byteLength, uint8_t digest[HF_SHA512_LENGTH]);
void hf_hmac_start(hfHmac* hmac, int isSha512, const uint8_t* key, uint32_t keyLength);
void hf_hmac_update(hfHmac* hmac, const uint8_t* data, uint32_t byteLength);
/* 32 bytes with SHA-256, 64 with SHA-512. */
void hf_hmac_finish(hfHmac* hmac, uint8_t* mac);
int hf_p256_public_key(const uint8_t privateKey[HF_P256_SCALAR_LENGTH], uint8_t publicKey[HF_P256_KEY_LENGTH]);
int hf_p256_sign(const uint8_t privateKey[HF_P256_SCALAR_LENGTH], const uint8_t nonce[HF_P256_SCALAR_LENGTH],
	const uint8_t digest[HF_DIGEST_LENGTH], uint8_t signature[HF_P256_SIGNATURE_LENGTH]);
int hf_aead_seal(const hfAead* aead, uint8_t* sealed);
int hf_aead_open(const hfAead* aead, uint8_t* plain);

void hf_wipe(void* bytes, uint32_t byteLength);
/* Overwrites what the last call of the caller left on the stack: more than any operation here uses. */
void hf_wipe_stack(void);

#endif
