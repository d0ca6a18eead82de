/* SHA-256's block function (FIPS 180-4, 6.2.2) in place of mbedTLS's own: the same result in fewer instructions, since all eight
 * working variables stay in registers. */
#include "mbedtls-config.h"

#ifdef MBEDTLS_SHA256_PROCESS_ALT

#include <stdint.h>

#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"

enum { BLOCK_WORDS = 16, ROUNDS = 64 };

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static inline uint32_t rotate(uint32_t x, int count) { return (x >> count) | (x << (32 - count)); }

/* One round; the caller rotates the names instead of the values. */
#define ROUND(a, b, c, d, e, f, g, h, k, w) \
	do { \
		const uint32_t first = h + (rotate(e ^ rotate(e ^ rotate(e, 14), 5), 6)) + (g ^ (e & (f ^ g))) + (k) + (w); \
		d += first; \
		h = first + (rotate(a ^ rotate(a ^ rotate(a, 9), 11), 2)) + ((a & b) | (c & (a | b))); \
	} while (0)

/* FIPS 180-4, 6.2.2, step 1 for t >= 16, in a ring of 16 words. */
static inline uint32_t next_word(uint32_t* w, int t) {
	const uint32_t w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
	return w[t & 15] += (rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >> 3)) + w[(t + 9) & 15]
		+ (rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >> 10));
}

#define EIGHT_ROUNDS(word) \
	ROUND(a, b, c, d, e, f, g, h, k[0], word(0)); \
	ROUND(h, a, b, c, d, e, f, g, k[1], word(1)); \
	ROUND(g, h, a, b, c, d, e, f, k[2], word(2)); \
	ROUND(f, g, h, a, b, c, d, e, k[3], word(3)); \
	ROUND(e, f, g, h, a, b, c, d, k[4], word(4)); \
	ROUND(d, e, f, g, h, a, b, c, k[5], word(5)); \
	ROUND(c, d, e, f, g, h, a, b, k[6], word(6)); \
	ROUND(b, c, d, e, f, g, h, a, k[7], word(7))

static inline uint32_t big_endian(const uint8_t* bytes) {
	return ((uint32_t)bytes[0] << 24) | ((uint32_t)bytes[1] << 16) | ((uint32_t)bytes[2] << 8) | bytes[3];
}

int mbedtls_internal_sha256_process(mbedtls_sha256_context* context, const unsigned char data[64]) {
	uint32_t* const state = context->state;
	uint32_t w[BLOCK_WORDS];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
	const uint32_t* k = constants;
	for (int t = 0; t < BLOCK_WORDS; t++)
		w[t] = big_endian(data + 4 * t);
#define FIRST(i) w[i]
#define FIRST_LATER(i) w[(i) + 8]
	EIGHT_ROUNDS(FIRST);
	k += 8;
	EIGHT_ROUNDS(FIRST_LATER);
	k += 8;
#define NEXT(i) next_word(w, (i))
#define NEXT_LATER(i) next_word(w, (i) + 8)
	for (; k < constants + ROUNDS; k += 8) {
		EIGHT_ROUNDS(NEXT);
		k += 8;
		EIGHT_ROUNDS(NEXT_LATER);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
	mbedtls_platform_zeroize(w, sizeof(w));
	return 0;
}

#endif
