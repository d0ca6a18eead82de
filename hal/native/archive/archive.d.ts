/** The archive that the build appended to this image: the app's modules, linked against this image's root. */

/** True when the image carries an archive. Its root hash was checked before the machine started. */
export function isPresent(): boolean;

/**
 * Runs the archive's entry module, and those that it imports, and returns the entry's default export.
 * @throws Error when there is no archive; whatever the modules' own code throws.
 */
export function importEntry(): unknown;
