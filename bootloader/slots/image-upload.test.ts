import { describe, expect, it } from "vitest";
import { SimulatedImage } from "../../test/powerfail/simulated-images.ts";
import { World } from "../../test/powerfail/world.ts";
import { eraseCounter } from "../counters/counter-names.ts";
import { ImageUpload } from "./image-upload.ts";

const OLD = new SimulatedImage({ name: "old", version: "1.0.0", counter: 1, keyEpoch: 0 });
const NEW = new SimulatedImage({ name: "new", version: "2.0.0", counter: 1, keyEpoch: 0, byteLength: 333 });
const FOREIGN = new SimulatedImage({ name: "foreign", version: "3.0.0", counter: 1, keyEpoch: 0 });

function prepared(unit = 8) {
  const images = [OLD, NEW];
  const stateByteLength = 1024;
  const world = new World({ images, unit, stateByteLength, tryLimit: 1, hasRoot: false, seed: 1 });
  world.install("runtime", "a", OLD);
  world.boot();
  return { world, upload: world.openUpload("runtime") };
}

function send(upload: ImageUpload<SimulatedImage>, bytes: Uint8Array, chunk: number): void {
  upload.begin(bytes.length);
  for (let offset = 0; offset < bytes.length; ) offset = upload.write(offset, bytes.subarray(offset, offset + chunk));
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("ImageUpload", () => {
  it.each([4, 8, 16])("writes whole units whatever the chunks are, with units of %i bytes", (unit) => {
    for (const chunk of [1, 7, 8, 31, 64, 333]) {
      const { world, upload } = prepared(unit);
      world.truth.requesting("runtime", NEW);
      send(upload, NEW.bytes, chunk);
      expect(upload.finish()).toBe(NEW);
      expect(world.imageIn("runtime", "b")).toBe(NEW);
      world.boot();
      expect(world.running[0]).toMatchObject({ slot: "b", kind: "test" });
    }
  });

  it("answers another offset with the one that is due, and takes none of its bytes", () => {
    const { upload } = prepared();
    upload.begin(NEW.bytes.length);
    expect(upload.write(0, NEW.bytes.subarray(0, 100))).toBe(100);
    for (const offset of [0, 99, 101, 300, -1, Number.NaN]) {
      expect(upload.write(offset, NEW.bytes.subarray(0, 50))).toBe(100);
    }
    expect(upload.write(100, NEW.bytes.subarray(100))).toBe(333);
    expect(upload.finish()).toBe(NEW);
  });

  it("takes nothing past the announced end", () => {
    const { upload } = prepared();
    upload.begin(NEW.bytes.length);
    expect(() => upload.write(0, new Uint8Array(334))).toThrow(code("upload-length"));
    expect(upload.nextOffset).toBe(0);
  });

  it.each([0, 31, 32.5, 1e9, Number.NaN])("refuses an image of %d bytes before anything is erased", (byteLength) => {
    const { world, upload } = prepared();
    world.chip.plan(undefined);
    expect(() => upload.begin(byteLength)).toThrow(code("upload-length"));
    expect(world.chip.operations).toEqual([]);
  });

  it("may fill the slot up to the trailer, and no further", () => {
    const { world, upload } = prepared();
    const { start } = world.pairs.runtime.b.layout;
    expect(() => upload.begin(start + 1)).toThrow(code("upload-length"));
    upload.begin(start);
    expect(upload.write(0, new Uint8Array(start))).toBe(start);
  });

  it("keeps its order", () => {
    const { upload } = prepared();
    expect(() => upload.write(0, new Uint8Array(1))).toThrow(code("upload-order"));
    expect(() => upload.finish()).toThrow(code("upload-order"));
    upload.begin(NEW.bytes.length);
    upload.write(0, NEW.bytes.subarray(0, 332));
    expect(() => upload.finish()).toThrow(code("upload-order"));
    upload.write(332, NEW.bytes.subarray(332));
    upload.finish();
    expect(() => upload.finish()).toThrow(code("upload-order"));
  });

  it("asks for no test of an image that the verifier refuses", () => {
    const { world, upload } = prepared();
    send(upload, FOREIGN.bytes, 64);
    expect(() => upload.finish()).toThrow(
      expect.objectContaining({ code: "image-refused", detail: "signature-invalid" }),
    );
    world.boot();
    expect(world.running[0]).toMatchObject({ slot: "a", kind: "confirmed" });
  });

  it("refuses bytes behind the image, which nobody has signed", () => {
    const { upload } = prepared();
    send(upload, Uint8Array.of(...NEW.bytes, 1, 2, 3), 64);
    expect(() => upload.finish()).toThrow(expect.objectContaining({ code: "image-refused", detail: "image-sizes" }));
  });

  it("can erase ahead, so that begin answers at once", () => {
    const { world, upload } = prepared();
    upload.erase();
    world.chip.plan(undefined);
    upload.begin(NEW.bytes.length);
    expect(world.chip.operations).toEqual([]);
    expect(world.log.read()?.counters[eraseCounter(1, "b")]).toBe(2);
  });

  it("begins again from nothing when it is begun twice", () => {
    const { world, upload } = prepared();
    upload.begin(NEW.bytes.length);
    upload.write(0, new Uint8Array(200));
    send(upload, NEW.bytes, 50);
    expect(upload.finish()).toBe(NEW);
    expect(world.imageIn("runtime", "b")).toBe(NEW);
  });

  it("is refused while what runs is on trial, which may still need its predecessor", () => {
    const { world } = prepared();
    world.upload("runtime", NEW);
    world.boot();
    expect(world.running[0]?.kind).toBe("test");
    world.chip.plan(undefined);
    expect(() => world.openUpload("runtime").begin(300)).toThrow(code("running-unconfirmed"));
    expect(world.chip.operations).toEqual([]);
  });

  it("needs to know which slot runs", () => {
    const { world } = prepared();
    const options = { pair: world.pairs.root, log: world.log, verifier: { verify: () => OLD }, running: world.running };
    expect(() => new ImageUpload(options)).toThrow(code("slot-running"));
  });

  it("reports flash that fails, and starts nothing of it", () => {
    const { world, upload } = prepared();
    const flash = world.pairs.runtime.b.flash;
    upload.begin(NEW.bytes.length);
    const write = flash.write;
    flash.write = () => {
      throw Object.assign(new Error("worn"), { code: "program-failed" });
    };
    expect(() => upload.write(0, NEW.bytes)).toThrow(code("flash-failed"));
    flash.write = write;
    expect(() => upload.write(0, NEW.bytes)).toThrow(code("upload-order"));
    send(upload, NEW.bytes, 64);
    expect(upload.finish()).toBe(NEW);
  });
});
