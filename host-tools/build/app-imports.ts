/** Refuses an app that imports hardware before anything else looks at it: later steps would blame the runtime's sources. */
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";
import { hardwareImportError } from "./archive.ts";
import { BuildError } from "./build-error.ts";
import { listImports } from "./emit.ts";
import type { Manifest } from "./manifest.ts";
import { ResolveError, resolveImport } from "./resolve.ts";

/**
 * Checks what an app's modules import by themselves, imports of types included: a type of the runtime's insides is no
 * authority, but the app's type check would then go through the runtime's sources without the runtime's settings.
 *
 * Modules that cannot be read or parsed, and imports that lead nowhere, are left to the steps that tell where.
 *
 * @param root absolute path of the repository
 * @throws BuildError link-failed naming the first import of a module that reaches hardware by itself
 */
export async function checkAppImports(app: Manifest, runtime: Manifest, root: string): Promise<void> {
  const reach: Manifest = {
    ...runtime,
    files: app.files,
    modules: new Map([...runtime.modules, ...app.modules]),
  };
  for (const [module, path] of app.modules) {
    for (const specifier of staticImports(path)) {
      const target = targetOf(path, specifier, reach);
      if (target === undefined || app.modules.has(target)) continue;
      if (await reachesHardware(target, runtime, root)) throw hardwareImportError(module, target);
    }
  }
}

/** The name of the module that an import leads to; undefined when it leads nowhere. */
function targetOf(path: string, specifier: string, reach: Manifest): string | undefined {
  if (specifier.startsWith("native:")) return specifier;
  try {
    return resolveImport(path, specifier, reach).name;
  } catch (error) {
    if (error instanceof ResolveError) return undefined;
    throw error;
  }
}

/** What `authorityModules` finds out from byte code, of which there is none yet. */
async function reachesHardware(name: string, runtime: Manifest, root: string): Promise<boolean> {
  const found = new Set([name]);
  for (const each of found) {
    if (each.startsWith("native:")) return true;
    const path = runtime.modules.get(each);
    if (path === undefined) continue;
    for (const specifier of await runTimeImports(path, root)) {
      const target = targetOf(path, specifier, runtime);
      if (target !== undefined) found.add(target);
    }
  }
  return false;
}

async function runTimeImports(path: string, root: string): Promise<readonly string[]> {
  if (path.endsWith(".json")) return [];
  try {
    return await listImports(path, path, root);
  } catch (error) {
    if (error instanceof BuildError) return [];
    throw error;
  }
}

/** Specifiers of all import and re-export statements; none of a file that is not TypeScript or cannot be read. */
function staticImports(path: string): readonly string[] {
  if (path.endsWith(".json")) return [];
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) return [];
  const reexports = module.staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest));
  return [...module.staticImports.map(({ moduleRequest }) => moduleRequest), ...reexports].flatMap((request) =>
    request === null ? [] : [request.value],
  );
}
