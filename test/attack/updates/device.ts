/** A device on the host's side: its flash, the images that can be given to it, and its starts one after the other. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SlotName } from "../../../bootloader/counters/state-record.ts";
import type { Board, Partition, SlotRole } from "../../../host-tools/build/board.ts";
import { type BuildResult, buildBoard, imageClass } from "../../../host-tools/build/build.ts";
import { Emulator } from "../../../host-tools/emulator/emulator.ts";
import { copyFlashFiles, type FlashFiles } from "../../../host-tools/emulator/flash-image.ts";
import { signImage } from "../../../host-tools/image/sign.ts";
import { memoryImageSource } from "../../../host-tools/image/source.ts";
import { vendorIdentifier } from "../../../host-tools/image/uuid.ts";
import type { BuildKeys } from "../../../host-tools/keys/build-keys.ts";
import type { ImageKey } from "../../../host-tools/keys/key-file.ts";
import { FLAG_RAM_LOAD } from "../../../protocol/image/header.ts";
import type { ImageDescription } from "../../../protocol/image/image.ts";
import { parseImage } from "../../../protocol/image/parse.ts";
import { parseVersion } from "../../../protocol/image/version.ts";
import { root } from "../../boards/device-program.ts";

const START_MILLISECONDS = 60_000;
/** Where a runtime of ours finds an image in storage. */
const IMAGE_OFFSET = 4096;

/** What differs between images of one program. */
export interface ImageChanges {
  readonly version: string;
  readonly securityCounter?: number;
  readonly key?: ImageKey;
  readonly classId?: Uint8Array;
  readonly dependencies?: ImageDescription["dependencies"];
}

/** How one start went. */
export interface Start {
  readonly lines: readonly string[];
  /** True when the board reset itself or turned itself off. */
  readonly isOver: boolean;
}

/** Builds the updating runtime on the product's own boot ROM and root of trust. */
export function buildUpdater(board: string, keys: BuildKeys, folder = "updates"): Promise<BuildResult> {
  const source = join(import.meta.dirname);
  return buildBoard({
    root,
    board,
    keys,
    manifests: { runtime: join(source, "runtime.json") },
    app: join(source, "app.json"),
    folder: join(root, "build", "test", folder, board),
    progress: () => {},
  });
}

/** Signs the program of a role again, as it is linked for a slot. */
export function imageOf(
  build: BuildResult,
  role: SlotRole,
  slot: SlotName,
  changes: ImageChanges,
  key: ImageKey,
): Uint8Array {
  const built = build.images.find((image) => image.role === role && (image.slot ?? slot) === slot);
  if (built === undefined) throw new RangeError(`expected an image of ${role} for slot ${slot}, found none`);
  const bytes = new Uint8Array(readFileSync(built.path));
  const { header } = parseImage(memoryImageSource(bytes), { slotByteLength: bytes.length, areaByteLength: 0xffff });
  const description = {
    payload: bytes.slice(header.headerByteLength, header.headerByteLength + header.payloadByteLength),
    version: parseVersion(changes.version),
    headerByteLength: header.headerByteLength,
    placement: { kind: (header.flags & FLAG_RAM_LOAD) === 0 ? "rom" : "ram", address: header.loadAddress },
    securityCounter: changes.securityCounter ?? 1,
    softwareType: role,
    vendorId: vendorIdentifier("holdfast"),
    classId: changes.classId ?? imageClass(build.board.name, role),
    dependencies: changes.dependencies ?? [],
  } as const;
  return signImage(description, [changes.key ?? key]).bytes;
}

/** One device, whose flash lives as long as the object. */
export class UpdateDevice {
  readonly board: Board;
  readonly flash: FlashFiles;
  readonly #folder: string;

  constructor({ board, flash }: BuildResult) {
    this.board = board;
    this.#folder = mkdtempSync(join(tmpdir(), "holdfast-update-"));
    this.flash = copyFlashFiles(board, flash, this.#folder);
  }

  /** What the runtime is to do at its next start. */
  command(line: string, image?: Uint8Array): void {
    const head = Buffer.alloc(IMAGE_OFFSET, 0xff);
    head.write(`${line}\n`, "latin1");
    this.overwrite("storage", 0, head);
    if (image !== undefined) this.overwrite("storage", IMAGE_OFFSET, image);
  }

  /** Writes flash as a person with the chip in hand can. */
  overwrite(partition: string, offset: number, bytes: Uint8Array): void {
    const { bank, offset: start } = this.#partition(partition);
    const file = openSync(this.flash[bank] ?? "", "r+");
    try {
      writeSync(file, bytes, 0, bytes.length, start + offset);
    } finally {
      closeSync(file);
    }
  }

  read(partition: string): Buffer {
    const { bank, offset, byteLength } = this.#partition(partition);
    return readFileSync(this.flash[bank] ?? "").subarray(offset, offset + byteLength);
  }

  #partition(name: string): Partition {
    const found = this.board.partitions.find((partition) => partition.name === name);
    if (found === undefined) throw new RangeError(`expected a partition ${name}, found none`);
    return found;
  }

  /** Starts the board and lets it run until its program is done, or it ends by itself. */
  async start(): Promise<Start> {
    const emulator = await this.open();
    const isOver = await emulator
      .waitForLine((line) => line === "test done", START_MILLISECONDS)
      .then(
        () => false,
        () => true,
      );
    await emulator.close();
    return { lines: emulator.lines.all, isOver };
  }

  /** Starts the board; the caller ends it. */
  open(extraArgs: readonly string[] = []): Promise<Emulator> {
    const { board, flash } = this;
    return Emulator.start({ board, flash, icount: false, timeoutMs: START_MILLISECONDS, extraArgs });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
