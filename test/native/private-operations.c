/* Runs operations on secrets on the host: looks for what they leave on the stack, or feeds them random lengths. */
#include "private-operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any operation uses. */
enum { SCANNED = 8192, WINDOW = 8, ABOVE = 512, LONGEST = 600 };

typedef void (*operation)(void);

static const uint8_t privateKey[32] = "a private key: 32 bytes and odd%";
static const uint8_t nonce[32] = "a nonce that is as long and odd%";
static const uint8_t digest[32] = "a digest";

static void make_public_key(void) {
	uint8_t publicKey[HF_P256_KEY_LENGTH];
	hf_p256_public_key(privateKey, publicKey);
}

static void sign(void) {
	uint8_t signature[HF_P256_SIGNATURE_LENGTH];
	hf_p256_sign(privateKey, nonce, digest, signature);
}

static void authenticate(void) {
	hfHmac hmac;
	uint8_t mac[HF_SHA512_LENGTH];
	hf_hmac_start(&hmac, 1, privateKey, sizeof(privateKey));
	hf_hmac_update(&hmac, digest, sizeof(digest));
	hf_hmac_finish(&hmac, mac);
}

static void seal(void) {
	uint8_t sealed[sizeof(digest) + HF_AEAD_TAG_LENGTH];
	const hfAead aead = {.key = privateKey, .nonce = nonce, .associated = nonce, .input = digest, .plainLength = sizeof(digest)};
	hf_aead_seal(&aead, sealed);
}

/* What would be found of an operation that cleans nothing up. */
static void forget(void) {
	volatile uint8_t copy[sizeof(privateKey)];
	for (size_t index = 0; index < sizeof(privateKey); index++)
		copy[index] = privateKey[index];
}

static const struct {
	const char* name;
	operation run;
} operations[] = {{"public-key", make_public_key}, {"sign", sign}, {"hmac", authenticate}, {"seal", seal}, {"forget", forget}};

/* Whether memory holds eight bytes in a row of a secret, in its order or, as little-endian numbers are, the other way round. */
static int holds(const volatile uint8_t* memory, const uint8_t secret[32]) {
	int forwards = 1, backwards = 1;
	for (int start = 0; start + WINDOW <= 32; start++) {
		forwards = backwards = 1;
		for (int index = 0; index < WINDOW; index++) {
			forwards &= memory[index] == secret[start + index];
			backwards &= memory[index] == secret[31 - start - index];
		}
		if (forwards || backwards)
			return 1;
	}
	return 0;
}

/* Keeps the frames of an operation below those of whoever looks afterwards. */
static __attribute__((noinline)) void run_below(operation run, int isWiped) {
	volatile uint8_t room[ABOVE];
	room[0] = 0;
	run();
	if (isWiped)
		hf_wipe_stack();
	room[ABOVE - 1] = room[0];
}

static __attribute__((noinline)) int residue(void) {
	uint8_t* volatile here = __builtin_frame_address(0);
	const volatile uint8_t* bottom = here - SCANNED;
	int found = 0;
	for (int offset = 0; offset < SCANNED - ABOVE / 2; offset++)
		found += holds(bottom + offset, privateKey) || holds(bottom + offset, nonce);
	return found;
}

static void show_residue(void) {
	for (size_t index = 0; index < sizeof(operations) / sizeof(operations[0]); index++) {
		run_below(operations[index].run, 0);
		const int left = residue();
		run_below(operations[index].run, 1);
		printf("%s left=%d wiped=%d\n", operations[index].name, left, residue());
	}
}

/* Buffers of exactly the length, so that the sanitizers see each byte too far. */
static uint8_t* random_bytes(uint32_t length) {
	uint8_t* bytes = malloc(length);
	for (uint32_t index = 0; index < length; index++)
		bytes[index] = (uint8_t)rand();
	return bytes;
}

static int round_trip(void) {
	const uint32_t plainLength = (uint32_t)rand() % LONGEST, associatedLength = (uint32_t)rand() % LONGEST;
	uint8_t* key = random_bytes(HF_AEAD_KEY_LENGTH);
	uint8_t* number = random_bytes(HF_AEAD_NONCE_LENGTH);
	uint8_t* associated = random_bytes(associatedLength);
	uint8_t* plain = random_bytes(plainLength);
	uint8_t* sealed = random_bytes(plainLength + HF_AEAD_TAG_LENGTH);
	uint8_t* opened = random_bytes(plainLength);
	hfAead aead = {key, number, associated, associatedLength, plain, plainLength};
	int good = hf_aead_seal(&aead, sealed);
	aead.input = sealed;
	good = good && hf_aead_open(&aead, opened) && (memcmp(opened, plain, plainLength) == 0);
	sealed[(uint32_t)rand() % (plainLength + HF_AEAD_TAG_LENGTH)] ^= 1 << (rand() % 8);
	good = good && !hf_aead_open(&aead, opened);
	for (uint32_t index = 0; index < plainLength; index++)
		good = good && (opened[index] == 0);
	hfHmac hmac;
	const int isSha512 = rand() % 2;
	uint8_t* mac = random_bytes(isSha512 ? HF_SHA512_LENGTH : HF_DIGEST_LENGTH);
	hf_hmac_start(&hmac, isSha512, associated, associatedLength);
	hf_hmac_update(&hmac, plain, plainLength);
	hf_hmac_finish(&hmac, mac);
	for (size_t index = 0; index < sizeof(hmac); index++)
		good = good && (((const uint8_t*)&hmac)[index] == 0);
	free(key), free(number), free(associated), free(plain), free(sealed), free(opened), free(mac);
	return good;
}

int main(int count, char** arguments) {
	const int rounds = (count > 1) ? atoi(arguments[1]) : 0;
	if (rounds == 0)
		show_residue();
	srand(1);
	for (int round = 0; round < rounds; round++) {
		if (!round_trip()) {
			printf("round %d failed\n", round);
			return 1;
		}
	}
	return 0;
}
