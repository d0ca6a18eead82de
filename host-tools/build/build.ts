/** Builds everything that a board runs: boot stage, runtime and app, signed and laid out in flash files. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { TrustText } from "../../bootloader/slots/trust.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import type { TrustedKeyText } from "../../protocol/image/public-key.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { createFlashFiles, type FlashFiles } from "../emulator/flash-image.ts";
import { signImage } from "../image/sign.ts";
import { classIdentifier, vendorIdentifier } from "../image/uuid.ts";
import type { BuildKeys } from "../keys/build-keys.ts";
import { type ImageKey, trustedKeyText } from "../keys/key-file.ts";
import { checkAppImports } from "./app-imports.ts";
import { linkArchive } from "./archive.ts";
import { type Board, IMAGE_ROLES, type ImageRole, loadBoard, type SlotRole } from "./board.ts";
import { imagePartition } from "./board-tables.ts";
import { compileModules } from "./byte-code.ts";
import { factoryContents, imageByteLimit } from "./factory-flash.ts";
import { type FrozenRoot, freezeRoot } from "./frozen-root.ts";
import { buildHostCompilers, type HostCompilers } from "./host-compilers.ts";
import type { JsonObject } from "./json-text.ts";
import { imageRegion, linkSlots, type Slot } from "./linker-script.ts";
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
  readonly keys: BuildKeys;
  /** Absolute paths of other manifests than {@link MANIFESTS}. */
  readonly manifests?: Partial<Record<ImageRole, string>>;
  /** Folder for everything that is made; build/<board> when left out. */
  readonly folder?: string;
  readonly progress: (text: string) => void;
}

/** One role's image after linking, for its first slot. */
export interface BuiltProgram {
  readonly role: ImageRole;
  readonly elf: string;
  readonly map: MemoryMap;
  /** Bytes of the generated root in flash: slots, strings, tables and preloaded byte code. */
  readonly rootHash: string;
}

/** A signed image. */
export interface BuiltImage {
  readonly role: SlotRole;
  /** The slot that it is linked for; undefined when it runs from either. */
  readonly slot: Slot | undefined;
  readonly path: string;
  readonly version: string;
  /** SHA-256 of the signed region and of the signer's public key, hexadecimal. */
  readonly digest: string;
  readonly key: string;
  readonly byteLength: number;
}

export interface BuildResult {
  readonly board: Board;
  readonly programs: readonly BuiltProgram[];
  /** The runtime with the app, for slot A. */
  readonly image: BuiltImage;
  /** Everything that was signed. */
  readonly images: readonly BuiltImage[];
  /** What the stage before each image was built to trust. */
  readonly trust: Readonly<Record<SlotRole, TrustText>>;
  readonly archiveByteLength: number;
  /** A device as it leaves the factory before its first start. */
  readonly flash: FlashFiles;
}

/** Manifests of the stages, relative to the repository. */
export const MANIFESTS: Readonly<Record<ImageRole, string>> = {
  rom: "bootloader/rom/manifest.json",
  root: "bootloader/root/manifest.json",
  runtime: "firmware/manifest.json",
};
const VENDOR = "holdfast";
const SECURITY_COUNTER = 1;
const SOFTWARE_TYPES: Readonly<Record<SlotRole, string>> = { root: "root", runtime: "runtime" };
/** Offsets in the 32-byte image header (hal/native/cpu/image-header.S). */
const HEADER_ARCHIVE_LENGTH = 16;
const HEADER_ROOT_HASH = 24;
const ROOT_HASH_START_LENGTH = 8;
/** The boot ROM begins with the reset vector; its header follows. */
const HEADER_OFFSET: Readonly<Record<ImageRole, number>> = { rom: 32, root: 0, runtime: 0 };

/** What a build makes of the TypeScript alone, without a compiler for the board. */
export interface FrozenBoard {
  readonly roles: Readonly<Record<ImageRole, FrozenRole>>;
  /** The app, linked against the runtime's root. */
  readonly archive: Uint8Array;
}

/** UUID_CID of the images that run in a role on a board: an image for one stage is never taken for another's. */
export function imageClass(board: string, role: SlotRole): Uint8Array {
  return classIdentifier(role === "runtime" ? board : `${board} root-of-trust`, vendorIdentifier(VENDOR));
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

/** Stages that are the product's own are the same for every app and test: they have a folder that all builds share. */
function roleFolder({ options, board, folder }: BuildPlaces, role: ImageRole): string {
  if (role === "runtime" || options.manifests?.[role] !== undefined) return join(folder, role);
  const { root, runtime, capability } = options.keys;
  const trusted = role === "rom" ? [root.trusted] : [root.trusted, runtime.trusted, capability.trusted];
  const name = createHash("sha256")
    .update(JSON.stringify(trusted.map(keyTexts)))
    .digest("hex")
    .slice(0, 12);
  return join(options.root, "build", board.name, `${role}-${name}`);
}

async function freezeAll(places: BuildPlaces): Promise<FrozenBoard> {
  const { options, folder } = places;
  const { root, progress, manifests = {} } = options;
  const manifestOf = (role: ImageRole) => read(places, manifests[role] ?? join(root, MANIFESTS[role]));
  // First what takes a moment, so that a mistake in an app is not told after minutes of compiling.
  const app = readApp(places, options.app ?? join(root, "manifest.json"));
  const runtimeManifest = manifestOf("runtime");
  await checkAppImports(app, runtimeManifest, root);
  await checkTypes({ manifest: app, root, folder: join(folder, "app", "types") });
  const compilers = await buildHostCompilers(root, progress);
  const context: BuildContext = { ...places, compilers };
  const roles = {
    rom: await freezeRole(context, "rom", manifestOf("rom")),
    root: await freezeRole(context, "root", manifestOf("root")),
    runtime: await freezeRole(context, "runtime", runtimeManifest),
  };
  return { roles, archive: await buildArchive(context, app, roles.runtime) };
}

/**
 * Builds what is stale: first all of the TypeScript, so that its mistakes are told before C is compiled.
 *
 * @throws BuildError, BoardError, ManifestError, ResolveError, ImageError and OutputFileError, each with one line
 */
export async function buildBoard(options: BuildOptions): Promise<BuildResult> {
  const places = placesOf(options);
  const { board, folder } = places;
  const frozen = await freezeAll(places);
  const programs: BuiltProgram[] = [];
  const images: (BuiltImage & { readonly bytes: Uint8Array })[] = [];
  let rom: Uint8Array = new Uint8Array(0);
  for (const role of IMAGE_ROLES) {
    const archive = role === "runtime" ? frozen.archive : new Uint8Array(0);
    for (const slot of linkSlots(board, role)) {
      const linked = await linkRole(places, role, slot, frozen.roles[role]);
      const map = memoryMap(board, role, readFileSync(linked.program.elf), archive.length, slot);
      const payload = finishPayload(role, linked, archive);
      if (slot === "a") programs.push({ role, elf: linked.program.elf, map, rootHash: toHex(linked.frozenRoot.hash) });
      if (role === "rom") rom = payload;
      else images.push(signRole(places, role, slot, payload));
    }
  }
  const romPath = join(folder, "rom.img");
  writeIfChanged(romPath, rom);
  for (const { path, bytes } of images) writeIfChanged(path, bytes);
  const first = (role: SlotRole) => images.find((image) => image.role === role) as (typeof images)[number];
  const flashFolder = join(folder, "flash");
  const flash = Object.fromEntries(board.flash.map(({ name }) => [name, join(flashFolder, `${name}.img`)]));
  const [firstFlash = "", ...otherFlash] = Object.values(flash);
  const inputs = [romPath, first("root").path, first("runtime").path].map((file) => ({ file }));
  await runStep([firstFlash, ...otherFlash], inputs, () => {
    createFlashFiles(
      board,
      flashFolder,
      factoryContents(board, { rom, "root-a": first("root").bytes, "runtime-a": first("runtime").bytes }),
    );
  });
  const withoutBytes = ({ bytes: _, ...image }: (typeof images)[number]): BuiltImage => image;
  return {
    board,
    programs,
    image: withoutBytes(first("runtime")),
    images: images.map(withoutBytes),
    trust: { root: trustText(places, "root"), runtime: trustText(places, "runtime") },
    archiveByteLength: frozen.archive.length,
    flash,
  };
}

/** The image of a role, named after its slot where it is linked for one. */
function signRole(
  { board, folder, version, options }: BuildPlaces,
  role: SlotRole,
  slot: Slot,
  payload: Uint8Array,
): BuiltImage & { readonly bytes: Uint8Array } {
  const layout = board.roles[role];
  const isCopied = layout.execution === "copied";
  const key = options.keys[role].signer;
  const signed = signImage(
    {
      payload,
      version: parseVersion(version),
      headerByteLength: layout.headerByteLength,
      placement: { kind: isCopied ? "ram" : "rom", address: imageRegion(board, role, slot).base },
      securityCounter: SECURITY_COUNTER,
      softwareType: SOFTWARE_TYPES[role],
      vendorId: vendorIdentifier(VENDOR),
      classId: imageClass(board.name, role),
    },
    [key],
    imageByteLimit(imagePartition(board, role, slot).byteLength),
  );
  return {
    role,
    slot: isCopied ? undefined : slot,
    path: join(folder, isCopied || slot === "a" ? `${role}.img` : `${role}-${slot}.img`),
    version,
    digest: toHex(signed.digest),
    key: toHex(key.keyHash),
    byteLength: signed.bytes.length,
    bytes: signed.bytes,
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
  const folder = roleFolder(context, role);
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

async function linkRole(places: BuildPlaces, role: ImageRole, slot: Slot, frozen: FrozenRole): Promise<RoleBuild> {
  const { board } = places;
  const { root, progress } = places.options;
  const folder = roleFolder(places, role);
  // XS and mbedTLS are the same for every program of a board.
  const sharedFolder = join(root, "build", board.name, "shared");
  return {
    ...frozen,
    program: await linkProgram({ ...frozen, board, role, slot, root, folder, sharedFolder, progress }),
  };
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

/** Adds to `mc/config` what only the build knows: the board's devices and flash, and what a stage trusts. */
function configured(manifest: Manifest, places: BuildContext, role: ImageRole): Manifest {
  const { board, version } = places;
  const devices = board.devices
    .filter(({ roles }) => roles.includes(role))
    .map(({ name, base, byteLength, interrupt }) => [name, { base, byteLength, interrupt: interrupt ?? null }]);
  const partitions = board.partitions
    .filter(({ readers, writers }) => readers.includes(role) || writers.includes(role))
    .map(({ name, bank, base, byteLength }) => {
      const blockByteLength = board.flash.find((each) => each.name === bank)?.sectorByteLength ?? byteLength;
      return [name, { base, byteLength, blockByteLength }];
    });
  const added: JsonObject = {
    version,
    board: {
      name: board.name,
      devices: Object.fromEntries(devices),
      partitions: Object.fromEntries(partitions),
      timer: { frequency: board.timer.frequency, interrupt: board.timer.interrupt },
    },
  };
  return { ...manifest, config: { ...manifest.config, ...added, ...trustOf(places, role) } };
}

/** What a stage asks of the image that it starts; the root of trust also installs its own successor. */
function trustOf(places: BuildContext, stage: ImageRole): JsonObject {
  if (stage === "runtime") return {};
  const text = (role: SlotRole): JsonObject => {
    const { keys, ...product } = trustText(places, role);
    return { keys: keys.map((key) => ({ ...key })), ...product, runAddress: { ...product.runAddress } };
  };
  if (stage === "rom") return { trust: { root: text("root") } };
  const capability = keyTexts(places.options.keys.capability.trusted).map((key) => ({ ...key }));
  return { trust: { root: text("root"), runtime: text("runtime"), capability } };
}

function trustText({ board, options }: BuildPlaces, role: SlotRole): TrustText {
  return {
    keys: keyTexts(options.keys[role].trusted),
    vendorId: toHex(vendorIdentifier(VENDOR)),
    classId: toHex(imageClass(board.name, role)),
    runAddress: { a: imageRegion(board, role, "a").base, b: imageRegion(board, role, "b").base },
  };
}

function keyTexts(keys: readonly ImageKey[]): TrustedKeyText[] {
  return keys.map((key) => trustedKeyText(key));
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
