/** The form of a capability file: a tagged COSE_Sign1, ES256, whose first bytes are always the same. */

/** Longest file that is looked at, in bytes; ours are below 200. */
export const CAPABILITY_FILE_LIMIT = 512;

/**
 * Tag 18, array of 4, protected header of 38 bytes: `{1: -7, 4: SHA-256 of the signer's SubjectPublicKeyInfo}`. The key hash
 * follows. Nothing else may be in the header, so these bytes say all of it.
 */
export const FILE_PREFIX = "d28458" + "26" + "a2" + "0126" + "0458" + "20";

/** Length of a key hash in bytes. */
export const KEY_HASH_BYTE_LENGTH = 32;

/**
 * Signed with the file and not part of it (external_aad): a signature of the same key over anything else is no capability, whatever
 * its payload happens to decode to.
 */
export const SIGNED_CONTEXT = "holdfast capability 1";
