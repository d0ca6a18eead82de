/** Turns one module of a manifest into the JavaScript that the byte code compiler reads, with canonical import names. */
import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { type BuildFailure, build, type Message, type TsconfigRaw, transform } from "esbuild";
import { BuildError } from "./build-error.ts";
import { JsonTextError, type JsonValue, parseJsonText } from "./json-text.ts";
import type { Manifest } from "./manifest.ts";
import { CONFIG_MODULE, type Resolution, resolveImport } from "./resolve.ts";

/** One import of an emitted module, in source order. */
export interface EmittedImport {
  /** As written in the source. */
  readonly specifier: string;
  readonly resolved: Resolution;
}

export interface EmittedModule {
  /** Module name on the device. */
  readonly name: string;
  /** JavaScript module, ES2022, imports by module name. */
  readonly code: string;
  /** Source map version 3 as JSON text; undefined for data modules. Its one source is relative to the root. */
  readonly sourceMap: string | undefined;
  /** Run-time imports; imports of types only are gone. */
  readonly imports: readonly EmittedImport[];
}

export interface EmitOptions {
  /** Module name in the manifest. */
  readonly name: string;
  /** Absolute path of the .ts, .js, .mjs or .json file. */
  readonly path: string;
  readonly manifest: Manifest;
  /** Repository root: output holds paths relative to it only, so that two checkouts give the same bytes. */
  readonly root: string;
}

const TYPESCRIPT_SETTINGS: TsconfigRaw = {
  compilerOptions: { target: "es2022", verbatimModuleSyntax: true, useDefineForClassFields: true },
};

/**
 * Emits one module.
 *
 * Types are erased and nothing else changes: the code is transformed and not bundled, because bundling turns
 * top-level `const` and `class` into `var`, which a frozen root would have to keep mutable.
 *
 * @throws BuildError emit-failed for syntax errors, unsupported-import for import()
 * @throws ResolveError when an import is not in the manifest
 */
export async function emitModule({ name, path, manifest, root }: EmitOptions): Promise<EmittedModule> {
  const source = relative(root, path).split(sep).join("/");
  const text = readSource(path, source);
  if (path.endsWith(".json")) return { name, code: emitJson(text, source), sourceMap: undefined, imports: [] };
  const specifiers = await listImports(path, source, root);
  const imports = specifiers.map((specifier) => ({ specifier, resolved: resolveImport(path, specifier, manifest) }));
  try {
    const { code, map } = await transform(text, {
      loader: path.endsWith(".ts") ? "ts" : "js",
      target: "es2022",
      format: "esm",
      charset: "utf8",
      legalComments: "none",
      treeShaking: false,
      sourcemap: "external",
      sourcesContent: false,
      sourcefile: source,
      tsconfigRaw: TYPESCRIPT_SETTINGS,
      logLevel: "silent",
    });
    return { name, code: renameImports(code, imports, source), sourceMap: map, imports };
  } catch (error) {
    throw asBuildError(error, source);
  }
}

/** Emits the module `mc/config`, which holds the manifest's `config`, frozen at every depth. */
export function emitConfig(manifest: Manifest): EmittedModule {
  return {
    name: CONFIG_MODULE,
    code: `export default ${frozenLiteral(manifest.config)};\n`,
    sourceMap: undefined,
    imports: [],
  };
}

/**
 * Asks esbuild which imports remain after types are erased: it is the authority, `renameImports` must agree with it.
 *
 * @param source the file's name in errors
 * @returns specifiers as written, in source order
 * @throws BuildError emit-failed for syntax errors, unsupported-import for import()
 */
export async function listImports(path: string, source: string, root: string): Promise<string[]> {
  const specifiers: string[] = [];
  try {
    const { metafile } = await build({
      entryPoints: [path],
      absWorkingDir: root,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      target: "es2022",
      treeShaking: false,
      tsconfigRaw: TYPESCRIPT_SETTINGS,
      logLevel: "silent",
      plugins: [
        {
          name: "keep-imports-outside",
          setup: (plugin) =>
            plugin.onResolve({ filter: /.*/ }, ({ path, kind }) =>
              kind === "entry-point" ? undefined : { path, external: true },
            ),
        },
      ],
    });
    for (const input of Object.values(metafile.inputs)) {
      for (const { path: specifier, kind } of input.imports) {
        if (kind !== "import-statement")
          throw new BuildError(
            "unsupported-import",
            `${source}: expected imports at the top of the module only, found ${kind} of ${JSON.stringify(specifier)}`,
          );
        specifiers.push(specifier);
      }
    }
  } catch (error) {
    throw asBuildError(error, source);
  }
  return specifiers;
}

/**
 * esbuild prints an import or re-export on lines of its own, ending in the specifier in double quotes and perhaps
 * attributes, which the device does not need.
 */
const IMPORT = /^((?:import|export)(?: [^"'`;()=]*? from)? )("(?:[^"\\\n]|\\.)*")(?: with \{[^}]*\})?;$/gm;

function renameImports(code: string, imports: readonly EmittedImport[], source: string): string {
  const remaining = [...imports];
  const renamed = code.replace(IMPORT, (_, beginning: string, literal: string) => {
    const next = remaining.shift();
    if (next === undefined || JSON.parse(literal) !== next.specifier) throw mismatch(source, literal, next?.specifier);
    return `${beginning}${JSON.stringify(next.resolved.name)};`;
  });
  if (remaining.length > 0) throw mismatch(source, undefined, remaining[0]?.specifier);
  return renamed;
}

function mismatch(source: string, found: string | undefined, expected: string | undefined): BuildError {
  return new BuildError(
    "unsupported-import",
    `${source}: expected ${expected === undefined ? "no further import statement" : `an import statement of ${JSON.stringify(expected)}`}, found ${found ?? "none"} (text that looks like an import inside a template literal, or an import by string name)`,
  );
}

function emitJson(text: string, source: string): string {
  try {
    return `export default ${frozenLiteral(parseJsonText(text))};\n`;
  } catch (error) {
    if (error instanceof JsonTextError)
      throw new BuildError("emit-failed", `${source}:${error.line}:${error.column}: ${error.message}`);
    throw error;
  }
}

/** A JavaScript expression for a JSON value whose objects and arrays are frozen. */
function frozenLiteral(value: JsonValue): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `Object.freeze([${value.map(frozenLiteral).join(", ")}])`;
  // A computed key, because `{"__proto__": x}` would set the prototype.
  const properties = Object.entries(value).map(
    ([key, item]) => `${key === "__proto__" ? '["__proto__"]' : JSON.stringify(key)}: ${frozenLiteral(item)}`,
  );
  return `Object.freeze({${properties.join(", ")}})`;
}

function readSource(path: string, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new BuildError(
      "emit-failed",
      `${source}: expected UTF-8 text, found ${(error as NodeJS.ErrnoException).code ?? "an error"}`,
    );
  }
}

function asBuildError(error: unknown, source: string): unknown {
  const first: Message | undefined = (error as Partial<BuildFailure>).errors?.[0];
  if (error instanceof BuildError || first === undefined) return error;
  const place = first.location === null ? source : `${source}:${first.location.line}:${first.location.column + 1}`;
  return new BuildError("emit-failed", `${place}: ${first.text}`);
}
