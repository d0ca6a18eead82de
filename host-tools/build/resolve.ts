/** Decides what each import of a device module means: a module of the manifest, its `config`, or a native module. */
import { basename, dirname, relative, resolve, sep } from "node:path";
import type { Manifest } from "./manifest.ts";
import { nearestWord } from "./manifest-error.ts";

/** Name under which a program imports the manifest's `config`. */
export const CONFIG_MODULE = "mc/config";

/** What an import leads to; `name` is the module name on the device. */
export type Resolution =
  | { readonly kind: "module"; readonly name: string; readonly path: string }
  | { readonly kind: "config"; readonly name: typeof CONFIG_MODULE }
  | { readonly kind: "native"; readonly name: string; readonly path: string };

export type ResolveErrorCode = "missing-module" | "missing-native" | "invalid-specifier";

/** An import that leads nowhere; the message is one line and says what to add to which manifest. */
export class ResolveError extends Error {
  readonly code: ResolveErrorCode;

  constructor(code: ResolveErrorCode, message: string) {
    super(message);
    this.name = "ResolveError";
    this.code = code;
  }
}

/**
 * Resolves one import.
 *
 * @param fromFile absolute path of the importing file
 * @param specifier relative path with its ending (`./x.ts`), or a bare name (`embedded:io/digital`, `native:cpu`, `mc/config`)
 * @throws ResolveError missing-module or missing-native when the manifest does not have it; invalid-specifier for
 * absolute paths and URLs
 */
export function resolveImport(fromFile: string, specifier: string, manifest: Manifest): Resolution {
  if (specifier.startsWith("./") || specifier.startsWith("../")) return resolveRelative(fromFile, specifier, manifest);
  if (
    specifier === "" ||
    specifier.startsWith("/") ||
    specifier.startsWith(".") ||
    /^(?:file|https?|data|node):/.test(specifier)
  )
    throw new ResolveError(
      "invalid-specifier",
      `${fromFile}: expected a relative path or a module name, found the import ${JSON.stringify(specifier)}`,
    );
  const path = manifest.modules.get(specifier);
  if (path !== undefined) return { kind: "module", name: specifier, path };
  if (specifier === CONFIG_MODULE) return { kind: "config", name: CONFIG_MODULE };
  const declaration = manifest.native.declarations.get(specifier);
  if (declaration !== undefined) return { kind: "native", name: specifier, path: declaration };
  if (specifier.startsWith("native:"))
    throw new ResolveError(
      "missing-native",
      missing(
        fromFile,
        specifier,
        manifest,
        `"modules": {${JSON.stringify(specifier)}: "<path of its .d.ts and .c without the ending>"}`,
      ),
    );
  throw new ResolveError(
    "missing-module",
    missing(fromFile, specifier, manifest, `"modules": {${JSON.stringify(specifier)}: "<path of the file>"}`),
  );
}

function resolveRelative(fromFile: string, specifier: string, manifest: Manifest): Resolution {
  const path = resolve(dirname(fromFile), specifier);
  for (const [name, candidate] of manifest.modules) if (candidate === path) return { kind: "module", name, path };
  const main = manifest.files[0] ?? fromFile;
  const fromManifest = relative(dirname(main), path)
    .split(sep)
    .join("/")
    .replace(/\.(?:ts|js|mjs|json)$/, "");
  const entry = fromManifest.startsWith("../") ? fromManifest : `./${fromManifest}`;
  throw new ResolveError(
    "missing-module",
    missing(fromFile, specifier, manifest, `"modules": {"*": ${JSON.stringify(entry)}}`),
  );
}

function missing(fromFile: string, specifier: string, manifest: Manifest, addition: string): string {
  const known = [...manifest.modules.keys(), ...manifest.native.declarations.keys()];
  const nearest = nearestWord(
    specifier.startsWith(".") ? basename(specifier).replace(/\.[a-z]+$/, "") : specifier,
    known,
  );
  const hint = nearest === undefined ? "" : `, or import ${JSON.stringify(nearest)}`;
  return `${fromFile}: expected the import ${JSON.stringify(specifier)} to be a module of the manifest, found none; add ${addition} to ${manifest.files[0] ?? "the manifest"}${hint}`;
}
