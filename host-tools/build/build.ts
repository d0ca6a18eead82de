/** Builds everything that a board runs: boot stage, runtime and app, signed and laid out in flash files. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { toHex } from "../../protocol/image/bytes.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { createFlashFiles, type FlashFiles } from "../emulator/flash-image.ts";
import { signImage } from "../image/sign.ts";
import { classIdentifier, vendorIdentifier } from "../image/uuid.ts";
import { type ImageKey, trustedKeyText } from "../keys/key-file.ts";
import { checkAppImports } from "./app-imports.ts";
import { linkArchive } from "./archive.ts";
import { type Board, type ImageRole, loadBoard } from "./board.ts";
import { compileModules } from "./byte-code.ts";
import { type FrozenRoot, freezeRoot } from "./frozen-root.ts";
import { buildHostCompilers, type HostCompilers } from "./host-compilers.ts";
import type { JsonObject } from "./json-text.ts";
import { type Manifest, ManifestError, readManifest } from "./manifest.ts";
import { type MemoryMap, memoryMap } from "./memory-map.ts";
import { linkProgram, type Program } from "./program.ts";
import { replaceFile } from "./replace-file.ts";
import { CONFIG_MODULE } from "./resolve.ts";
import { forgetFile, runStep } from "./step.ts";
import { checkTypes } from "./type-check.ts";

export interface BuildOptions {
  /** Absolute path of the repository. */
  readonly root: string;
  /** Board name. */
  readonly board: string;
  /** Absolute path of the app's manifest; the project's own manifest.json when left out. */
  readonly app?: string;
  /** Signs the runtime image; the boot stage trusts this key and no other. */
  readonly key: ImageKey;
  /** Manifest of the boot stage; bootloader/manifest.json when left out. */
  readonly boot?: string;
  /** Manifest of the runtime; firmware/manifest.json when left out. */
  readonly runtime?: string;
  /** Folder for everything that is made; build/<board> when left out. */
  readonly folder?: string;
  readonly progress: (text: string) => void;
}

/** One role's image after linking. */
export interface BuiltProgram {
  readonly role: ImageRole;
  readonly elf: string;
  readonly map: MemoryMap;
  /** Bytes of the generated root in flash: slots, strings, tables and preloaded byte code. */
  readonly rootHash: string;
}

export interface BuildResult {
  readonly board: Board;
  readonly programs: readonly BuiltProgram[];
  readonly image: {
    /** Path of the signed runtime image. */
    readonly path: string;
    readonly version: string;
    /** SHA-256 of the signed region and of the signer's public key, hexadecimal. */
    readonly digest: string;
    readonly key: string;
    readonly byteLength: number;
  };
  readonly archiveByteLength: number;
  readonly flash: FlashFiles;
}

const VENDOR = "holdfast";
const SECURITY_COUNTER = 1;
const SOFTWARE_TYPE = "runtime";
/** Offsets in the 32-byte image header (hal/native/cpu/image-header.S). */
const HEADER_ARCHIVE_LENGTH = 16;
const HEADER_ROOT_HASH = 24;
const ROOT_HASH_START_LENGTH = 8;
/** A boot image begins with the reset vector; its header follows. */
const HEADER_OFFSET: Readonly<Record<ImageRole, number>> = { boot: 32, runtime: 0 };

/** What a build makes of the TypeScript alone, without a compiler for the board. */
export interface FrozenBoard {
  readonly boot: FrozenRole;
  readonly runtime: FrozenRole;
  /** The app, linked against the runtime's root. */
  readonly archive: Uint8Array;
}

/**
 * Makes the frozen roots and the archive where they are stale.
 *
 * @throws BuildError, BoardError, ManifestError, ResolveError and OutputFileError, each with one line
 */
export async function freezeBoard(options: BuildOptions): Promise<FrozenBoard> {
  return freezeAll(placesOf(options));
}

function placesOf(options: BuildOptions): BuildPlaces {
  const { root } = options;
  const board = loadBoard(root, options.board);
  const folder = options.folder ?? join(root, "build", board.name);
  return { options, board, folder, version: projectVersion(root) };
}

async function freezeAll(places: BuildPlaces): Promise<FrozenBoard> {
  const { options, folder } = places;
  const { root, progress } = options;
  // First what takes a moment, so that a mistake in an app is not told after minutes of compiling.
  const app = readApp(places, options.app ?? join(root, "manifest.json"));
  const runtimeManifest = read(places, options.runtime ?? join(root, "firmware", "manifest.json"));
  await checkAppImports(app, runtimeManifest, root);
  await checkTypes({ manifest: app, root, folder: join(folder, "app", "types") });
  const compilers = await buildHostCompilers(root, progress);
  const context: BuildContext = { ...places, compilers };
  const bootManifest = read(places, options.boot ?? join(root, "bootloader", "manifest.json"));
  const boot = await freezeRole(context, "boot", bootManifest);
  const runtime = await freezeRole(context, "runtime", runtimeManifest);
  return { boot, runtime, archive: await buildArchive(context, app, runtime) };
}

/**
 * Builds what is stale: first all of the TypeScript, so that its mistakes are told before C is compiled.
 *
 * @throws BuildError, BoardError, ManifestError, ResolveError, ImageError and OutputFileError, each with one line
 */
export async function buildBoard(options: BuildOptions): Promise<BuildResult> {
  const places = placesOf(options);
  const { board, folder, version } = places;
  const { key } = options;
  const frozen = await freezeAll(places);
  const { archive } = frozen;
  const boot = await linkRole(places, "boot", frozen.boot);
  const runtime = await linkRole(places, "runtime", frozen.runtime);

  const maps = [
    memoryMap(board, "boot", readFileSync(boot.program.elf), 0),
    memoryMap(board, "runtime", readFileSync(runtime.program.elf), archive.length),
  ] as const;
  const bootImage = finishPayload("boot", boot, new Uint8Array(0));
  const payload = finishPayload("runtime", runtime, archive);
  const layout = board.roles.runtime;
  const slot = board.partitions.find(({ name }) => name === "runtime-a");
  const signed = signImage(
    {
      payload,
      version: parseVersion(version),
      headerByteLength: layout.headerByteLength,
      placement: { kind: layout.execution === "copied" ? "ram" : "rom", address: layout.image.base },
      securityCounter: SECURITY_COUNTER,
      softwareType: SOFTWARE_TYPE,
      vendorId: vendorIdentifier(VENDOR),
      classId: classIdentifier(board.name, vendorIdentifier(VENDOR)),
    },
    [key],
    slot?.byteLength,
  );
  const imagePath = join(folder, "runtime.img");
  const bootPath = join(folder, "boot.img");
  writeIfChanged(imagePath, signed.bytes);
  writeIfChanged(bootPath, bootImage);
  const flashFolder = join(folder, "flash");
  const flash = Object.fromEntries(board.flash.map(({ name }) => [name, join(flashFolder, `${name}.img`)]));
  const [firstFlash = "", ...otherFlash] = Object.values(flash);
  await runStep([firstFlash, ...otherFlash], [{ file: imagePath }, { file: bootPath }], () => {
    createFlashFiles(board, flashFolder, { boot: bootImage, "runtime-a": signed.bytes });
  });
  return {
    board,
    programs: [
      { role: "boot", elf: boot.program.elf, map: maps[0], rootHash: toHex(boot.frozenRoot.hash) },
      { role: "runtime", elf: runtime.program.elf, map: maps[1], rootHash: toHex(runtime.frozenRoot.hash) },
    ],
    image: {
      path: imagePath,
      version,
      digest: toHex(signed.digest),
      key: toHex(key.keyHash),
      byteLength: signed.bytes.length,
    },
    archiveByteLength: archive.length,
    flash,
  };
}

interface BuildPlaces {
  readonly options: BuildOptions;
  readonly board: Board;
  readonly folder: string;
  readonly version: string;
}

interface BuildContext extends BuildPlaces {
  readonly compilers: HostCompilers;
}

/** One role's program before it meets C. */
export interface FrozenRole {
  readonly manifest: Manifest;
  readonly frozenRoot: FrozenRoot;
}

interface RoleBuild extends FrozenRole {
  readonly program: Program;
}

async function freezeRole(context: BuildContext, role: ImageRole, unconfigured: Manifest): Promise<FrozenRole> {
  const { options, compilers } = context;
  const { root } = options;
  const folder = join(context.folder, role);
  const manifest = configured(unconfigured, context, role);
  await checkTypes({ manifest, root, folder: join(folder, "types") });
  const compiled = await compileModules({
    manifest,
    root,
    folder: join(folder, "modules"),
    compiler: compilers.compile,
    allowNative: true,
  });
  return { manifest, frozenRoot: await freezeRoot(manifest, compiled, compilers, join(folder, "root")) };
}

async function linkRole(places: BuildPlaces, role: ImageRole, frozen: FrozenRole): Promise<RoleBuild> {
  const { board } = places;
  const { root, progress } = places.options;
  const folder = join(places.folder, role);
  // XS and mbedTLS are the same for every program of a board.
  const sharedFolder = join(root, "build", board.name, "shared");
  return { ...frozen, program: await linkProgram({ ...frozen, board, role, root, folder, sharedFolder, progress }) };
}

/**
 * An app is byte code and nothing else: it gets its hardware from the runtime, and runs on the built-ins that the
 * runtime's manifest left in.
 */
function readApp(places: BuildPlaces, path: string): Manifest {
  const manifest = read(places, path);
  const [source] = manifest.native.sources;
  const [declaration] = manifest.native.declarations.keys();
  const native = source === undefined ? declaration : relative(places.options.root, source);
  if (native !== undefined)
    throw new ManifestError("refused", path, `modules: expected an app without native code, found ${native}`);
  for (const key of ["strip", "preload"] as const)
    if (manifest[key] !== undefined && manifest[key].length > 0)
      throw new ManifestError(
        "refused",
        path,
        `${key}: expected no such key in an app, because only a runtime has a frozen root, found ${JSON.stringify(manifest[key])}`,
      );
  return manifest;
}

async function buildArchive(context: BuildContext, manifest: Manifest, runtime: FrozenRole): Promise<Uint8Array> {
  const { options, compilers, folder } = context;
  const path = manifest.files.at(-1) ?? "";
  const reach = { ...manifest, modules: new Map([...runtime.manifest.modules, ...manifest.modules]) };
  const { modules } = await compileModules({
    manifest,
    reach,
    root: options.root,
    folder: join(folder, "app", "modules"),
    compiler: compilers.compile,
    allowNative: false,
  });
  if (!runtime.frozenRoot.modules.has(CONFIG_MODULE))
    return linkArchive(modules, manifest.creation.main, runtime.frozenRoot);
  if (Object.keys(manifest.config).length > 0)
    throw new ManifestError(
      "refused",
      path,
      `config: expected no such key, because ${CONFIG_MODULE} is the runtime's, found one`,
    );
  const own = modules.filter(({ name }) => name !== CONFIG_MODULE);
  return linkArchive(own, manifest.creation.main, runtime.frozenRoot);
}

function read({ options, board }: BuildPlaces, path: string): Manifest {
  const variables = { ROOT: options.root };
  const manifest = readManifest(path, { platform: board.name, environment: process.env, variables });
  for (const warning of manifest.warnings) options.progress(`warning: ${relative(options.root, path)}: ${warning}`);
  return manifest;
}

/** Adds to `mc/config` what only the build knows: the board's devices, and what the boot stage trusts. */
function configured(manifest: Manifest, { options, board, version }: BuildContext, role: ImageRole): Manifest {
  const devices = board.devices
    .filter(({ roles }) => roles.includes(role))
    .map(({ name, base, byteLength, interrupt }) => [name, { base, byteLength, interrupt: interrupt ?? null }]);
  const partitions = board.partitions.map(({ name, base, byteLength }) => [name, { base, byteLength }]);
  const vendorId = vendorIdentifier(VENDOR);
  const added: JsonObject = {
    version,
    board: {
      name: board.name,
      devices: Object.fromEntries(devices),
      partitions: Object.fromEntries(partitions),
      timer: { frequency: board.timer.frequency, interrupt: board.timer.interrupt },
    },
  };
  const trust: JsonObject = {
    trust: {
      keys: [{ ...trustedKeyText(options.key) }],
      vendorId: toHex(vendorId),
      classId: toHex(classIdentifier(board.name, vendorId)),
      runAddress: board.roles.runtime.image.base,
    },
  };
  return { ...manifest, config: { ...manifest.config, ...added, ...(role === "boot" ? trust : {}) } };
}

/** Appends the archive and fills in what the image header says of it. */
function finishPayload(role: ImageRole, { program, frozenRoot }: RoleBuild, archive: Uint8Array): Uint8Array {
  const code = readFileSync(program.payload);
  const start = Math.ceil(code.length / 16) * 16;
  const payload = Buffer.alloc(start + archive.length);
  code.copy(payload);
  payload.set(archive, start);
  payload.writeUInt32LE(archive.length, HEADER_OFFSET[role] + HEADER_ARCHIVE_LENGTH);
  payload.set(frozenRoot.hash.subarray(0, ROOT_HASH_START_LENGTH), HEADER_OFFSET[role] + HEADER_ROOT_HASH);
  return payload;
}

function projectVersion(root: string): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
}

function writeIfChanged(path: string, bytes: Uint8Array): void {
  if (!existsSync(path) || !readFileSync(path).equals(bytes)) replaceFile(path, bytes);
  forgetFile(path);
}
