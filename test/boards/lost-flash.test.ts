/** A crash log that is lost must not be a device that is lost. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { type BootedBoard, bootBoard } from "../../host-tools/emulator/boot.ts";
import { buildProduct, type Product, root } from "./product.ts";

let booted: BootedBoard | undefined;
afterEach(async () => {
  await booted?.close();
  booted = undefined;
});

describe.each(boardNames(root))("%s", (name) => {
  let product: Product;
  beforeAll(async () => {
    product = await buildProduct(name);
  }, 240_000);

  it.each([
    ["erased", 0xff],
    ["destroyed", 0x5a],
  ])("boots with a crash log that is %s", async (_how, value) => {
    const { board, flash } = product.build;
    const { byteLength } = board.partitions.find((each) => each.name === "log") as { byteLength: number };
    const changes = { log: new Uint8Array(byteLength).fill(value) };
    booted = await bootBoard({ board, flash, changes, icount: true, timeoutMs: 30_000 });
    expect(booted.outcome, booted.emulator.lines.all.join("\n")).toBe("up");
    expect(booted.emulator.lines.all).toContain("holdfast root log code=log-missing");
  });
});
