/** Attacks 1b and 1c on the boards themselves: each stage meets changed images and images by the wrong key, and runs none of them. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { CounterLog } from "../../bootloader/counters/counter-log.ts";
import { keyEpochCounter, RUNTIME_IMAGE, securityCounter } from "../../bootloader/counters/counter-names.ts";
import { boardNames, type SlotRole } from "../../host-tools/build/board.ts";
import { confirmedSlot } from "../../host-tools/build/factory-flash.ts";
import { bootBoard } from "../../host-tools/emulator/boot.ts";
import { readPartition } from "../../host-tools/emulator/flash-image.ts";
import { MemoryFlash } from "../../host-tools/flash/memory-flash.ts";
import { signDigest } from "../../host-tools/image/crypto.ts";
import { imageRegions } from "../../host-tools/image/image-regions.ts";
import { readUnsignedImage } from "../../host-tools/image/offline.ts";
import { ensureDevelopmentKey } from "../../host-tools/keys/development.ts";
import type { ImageKey } from "../../host-tools/keys/key-file.ts";
import { KEY_PURPOSES, type KeyPurpose } from "../../host-tools/keys/key-label.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import { attachSignatures } from "../../protocol/image/image.ts";
import { buildProduct, type Product, root } from "../boards/product.ts";
import { changedBytes, withoutStacks } from "./images/trials.ts";

const BOOT_MILLISECONDS = 60_000;
const STAGES: readonly { readonly role: SlotRole; readonly before: string; readonly purpose: KeyPurpose }[] = [
  { role: "root", before: "rom", purpose: "root-image" },
  { role: "runtime", before: "root", purpose: "runtime-image" },
];

/** The same image under another signature, made over the right digest. */
function resigned(image: Uint8Array, key: ImageKey, name: Uint8Array = key.keyHash): Uint8Array {
  const { region, digest } = readUnsignedImage(image);
  return attachSignatures(region, digest, [{ ...signDigest(digest, key), keyHash: name }]);
}

describe.each(boardNames(root))("%s", (board) => {
  let product: Product;
  const images = new Map<SlotRole, Uint8Array>();
  beforeAll(async () => {
    product = await buildProduct(board);
    for (const { role } of STAGES) {
      const built = product.build.images.find((each) => each.role === role && each.slot !== "b");
      images.set(role, Uint8Array.from(readFileSync(built?.path ?? "")));
    }
  }, 400_000);

  const imageOf = (role: SlotRole) => images.get(role) as Uint8Array;
  const partition = (name: string) =>
    product.build.board.partitions.find((each) => each.name === name) ?? expect.unreachable(`no partition ${name}`);

  /** Boots with some partitions replaced. @returns the console's lines and whether the app came up */
  async function boot(changes: Record<string, Uint8Array>): Promise<{ lines: readonly string[]; isUp: boolean }> {
    const { board: described, flash } = product.build;
    const booted = await bootBoard({ board: described, flash, changes, icount: true, timeoutMs: BOOT_MILLISECONDS });
    try {
      if (booted.outcome === "failed") await booted.emulator.exited;
      return { lines: [...booted.emulator.lines.all], isUp: booted.outcome === "up" };
    } finally {
      await booted.close();
    }
  }

  async function expectRefusal(
    { role, before }: (typeof STAGES)[number],
    image: Uint8Array,
    code: string,
    changes: Record<string, Uint8Array> = {},
  ): Promise<void> {
    const slot = `${role}-a`;
    const { lines, isUp } = await boot({ ...changes, [slot]: confirmedSlot(image, partition(slot).byteLength) });
    expect(isUp, lines.join("\n")).toBe(false);
    expect(lines).toContain(`holdfast ${before} refused slot=a code=${code}`);
    expect(lines.at(-1)).toBe(`holdfast ${before} stopped code=no-image`);
    expect(lines.filter((line) => line.startsWith(`holdfast ${role} `))).toEqual([]);
  }

  it("starts what its keys signed, so that what follows is refused for its own sake", async () => {
    expect(await boot({})).toMatchObject({ isUp: true });
  });

  describe.each(STAGES)("1b: the $before looks at the $role", (stage) => {
    const regions = ["header", "header padding", "code", "protected TLVs"] as const;
    it.each([...regions, ...(stage.role === "runtime" ? (["archive"] as const) : [])])(
      "and starts none with one bit flipped in its %s",
      async (name) => {
        const image = imageOf(stage.role).slice();
        const region = imageRegions(image).find((each) => each.name === name) ?? expect.unreachable(`no ${name}`);
        // The first bytes of a header are those that other checks look at; here is its version.
        const place = name === "header" ? 20 : region.offset + region.byteLength - 1;
        image[place] = (image[place] as number) ^ 0x80;
        await expectRefusal(stage, image, "digest-mismatch");
      },
      2 * BOOT_MILLISECONDS,
    );

    it("whose real image is refused with a changed byte wherever one looks", () => {
      const image = imageOf(stage.role);
      const { region } = readUnsignedImage(image);
      const key = ensureDevelopmentKey(root, stage.purpose);
      const edges = imageRegions(image).flatMap(({ offset, byteLength }) => [offset, offset + byteLength - 1]);
      const offsets = [...Array.from({ length: 64 }, (_, index) => index), ...edges.filter((at) => at < region.length)];
      for (let at = 0; at < region.length; at += 1531) offsets.push(at);
      const { cases, violations } = withoutStacks(() => changedBytes(image, key, offsets));
      expect(violations).toEqual([]);
      expect(cases).toBeGreaterThan(200);
    }, 120_000);
  });

  describe.each(STAGES)("1c: the $before, given a $role with a right signature by the wrong key,", (stage) => {
    it.each(KEY_PURPOSES.filter((purpose) => purpose !== stage.purpose))(
      "knows no key for %s",
      async (purpose) => {
        await expectRefusal(stage, resigned(imageOf(stage.role), ensureDevelopmentKey(root, purpose)), "key-unknown");
      },
      2 * BOOT_MILLISECONDS,
    );

    it(
      "takes no stranger's word under a trusted name",
      async () => {
        const { keyHash } = ensureDevelopmentKey(root, stage.purpose);
        const forged = resigned(imageOf(stage.role), testKey("ecdsa-p256"), keyHash);
        await expectRefusal(stage, forged, "signature-invalid");
      },
      2 * BOOT_MILLISECONDS,
    );
  });

  describe("what the device has confirmed before", () => {
    /** State sectors whose counters stand higher. */
    function raised(counter: number, value: number): Record<string, Uint8Array> {
      const { build } = product;
      const bytes = Uint8Array.from(readPartition(build.board, build.flash, "state"));
      const bank = build.board.flash.find(({ name }) => name === partition("state").bank);
      const flash = new MemoryFlash(bytes, { blockLength: bank?.sectorByteLength ?? 0, writeAlign: 4, name: "state" });
      new CounterLog(flash).raise(counter, value);
      return { state: bytes };
    }
    const runtime = STAGES[1] as (typeof STAGES)[number];

    it(
      "revokes the keys of older epochs",
      async () => {
        await expectRefusal(runtime, imageOf("runtime"), "key-revoked", raised(keyEpochCounter(RUNTIME_IMAGE), 1));
      },
      2 * BOOT_MILLISECONDS,
    );

    it(
      "keeps older images out",
      async () => {
        await expectRefusal(runtime, imageOf("runtime"), "counter-too-low", raised(securityCounter(RUNTIME_IMAGE), 2));
      },
      2 * BOOT_MILLISECONDS,
    );
  });
});
