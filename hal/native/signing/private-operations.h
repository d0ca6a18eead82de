/* Operations on secrets, for native:signing. Callers wipe the stack behind them with hf_wipe_stack. */
#ifndef HOLDFAST_PRIVATE_OPERATIONS_H
#define HOLDFAST_PRIVATE_OPERATIONS_H

#include <stdint.h>

#include "verification.h"

enum { HF_SHA512_LENGTH = 64, HF_P256_SCALAR_LENGTH = 32, HF_AEAD_KEY_LENGTH = 32, HF_AEAD_NONCE_LENGTH = 12, HF_AEAD_TAG_LENGTH = 16 };

typedef struct {
	const uint8_t* key;
	const uint8_t* nonce;
	const uint8_t* associated;
	uint32_t associatedLength;
	const uint8_t* input;
	/* Of the plain text; the sealed text has HF_AEAD_TAG_LENGTH more, the tag at its end. */
	uint32_t plainLength;
} hfAead;

/* All return 1 when done, 0 when refused; then the output holds nothing of the result. */
int hf_sha512(const void* data, uint32_t byteLength, uint8_t digest[HF_SHA512_LENGTH]);
int hf_p256_public_key(const uint8_t privateKey[HF_P256_SCALAR_LENGTH], uint8_t publicKey[HF_P256_KEY_LENGTH]);
int hf_p256_sign(const uint8_t privateKey[HF_P256_SCALAR_LENGTH], const uint8_t nonce[HF_P256_SCALAR_LENGTH],
	const uint8_t digest[HF_DIGEST_LENGTH], uint8_t signature[HF_P256_SIGNATURE_LENGTH]);
int hf_aead_seal(const hfAead* aead, uint8_t* sealed);
int hf_aead_open(const hfAead* aead, uint8_t* plain);

void hf_wipe(void* bytes, uint32_t byteLength);
/* Overwrites what the last call of the caller left on the stack: more than any operation here uses. */
void hf_wipe_stack(void);

#endif
