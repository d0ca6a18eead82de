/** Freezes modules of `fixtures/` without a board: emit, byte code and frozen root, which take a moment each. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CompiledProgram, compileModules } from "../../host-tools/build/byte-code.ts";
import { type FrozenRoot, freezeRoot } from "../../host-tools/build/frozen-root.ts";
import { buildHostCompilers, type HostCompilers } from "../../host-tools/build/host-compilers.ts";
import type { Manifest } from "../../host-tools/build/manifest.ts";
import { creationWithDefaults } from "../../host-tools/build/manifest-merge.ts";

/** Absolute path of the repository. */
export const repository = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Absolute path of a file in `fixtures/`. */
export const fixturePath = (name: string): string => join(repository, "test", "build", "fixtures", name);

export interface FreezeRequest {
  /** Module name to absolute path, in the order in which they are preloaded. */
  readonly modules: Readonly<Record<string, string>>;
  /** Native module name to absolute path of its .d.ts file. */
  readonly natives?: Readonly<Record<string, string>>;
  readonly strip?: readonly string[] | "*";
  /** Preloaded modules; all when left out. */
  readonly preload?: readonly string[];
  /** Folder for what is made. */
  readonly folder: string;
}

/** A manifest as if read from a file. */
export function manifestOf({ modules, natives = {}, strip, preload }: Omit<FreezeRequest, "folder">): Manifest {
  return {
    modules: new Map(Object.entries(modules)),
    native: { sources: [], headerDirectories: [], declarations: new Map(Object.entries(natives)) },
    preload: preload ?? Object.keys(modules),
    creation: creationWithDefaults([]),
    defines: {},
    config: {},
    strip,
    compilerOptions: {},
    variables: new Map(),
    warnings: [],
    files: [fixturePath("manifest.json")],
  };
}

let compilers: Promise<HostCompilers> | undefined;

/** The project's own byte code compiler and freezer, built when they are stale. */
export function hostCompilers(): Promise<HostCompilers> {
  compilers ??= buildHostCompilers(repository, () => {});
  return compilers;
}

/** Compiles the modules of a request. */
export async function compileFixture(request: FreezeRequest): Promise<CompiledProgram> {
  const { compile } = await hostCompilers();
  const folder = join(request.folder, "modules");
  return compileModules({
    manifest: manifestOf(request),
    root: repository,
    folder,
    compiler: compile,
    allowNative: true,
  });
}

/** Compiles and freezes the modules of a request. */
export async function freezeFixture(request: FreezeRequest): Promise<FrozenRoot> {
  const program = await compileFixture(request);
  return freezeRoot(manifestOf(request), program, await hostCompilers(), join(request.folder, "root"));
}

/** Runs `use` with a folder that is gone afterwards. */
export async function withTemporaryFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-build-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
