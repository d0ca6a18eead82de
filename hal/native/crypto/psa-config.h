/* The PSA algorithms that the boot stage and the runtime have today. */
#ifndef HOLDFAST_PSA_CONFIG_H
#define HOLDFAST_PSA_CONFIG_H

#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1

#endif
