/**
 * Updates on the emulated boards against everything that may go wrong with them: 3c older and mixed images, 3e a destroyed page,
 * 7b an image that is never confirmed, 7d a revoked key; and the root of trust renewed in the same way.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import type { BuildResult } from "../../host-tools/build/build.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { KeyError } from "../../host-tools/keys/errors.ts";
import { generateKey } from "../../host-tools/keys/generate.ts";
import { type ImageKey, loadSigningKey } from "../../host-tools/keys/key-file.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { root } from "../boards/device-program.ts";
import { buildUpdater, type ImageChanges, imageOf, UpdateDevice } from "./updates/device.ts";

/** A key of the next epoch, kept between runs so that the stages that trust it are built once. */
function nextEpochKey(): ImageKey {
  const folder = join(root, "build", "test", "updates");
  const path = join(folder, "next-epoch.pem");
  mkdirSync(folder, { recursive: true });
  try {
    generateKey(path, "ecdsa-p256");
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== "key-exists") throw error;
  }
  return { ...loadSigningKey(path), purpose: "runtime-image", epoch: 1 };
}

describe.each(boardNames(root))("updates of %s", (name) => {
  const keys = loadBuildKeys(root);
  const next = nextEpochKey();
  let build: BuildResult;
  let device: UpdateDevice;

  beforeAll(async () => {
    const runtime = { signer: keys.runtime.signer, trusted: [keys.runtime.signer, next] };
    build = await buildUpdater(name, { ...keys, runtime });
    device = new UpdateDevice(build);
  }, 400_000);
  afterAll(() => device.remove());

  const runtimeFor = (slot: "a" | "b", changes: ImageChanges) =>
    imageOf(build, "runtime", slot, changes, keys.runtime.signer);
  const start = async (command: string, image?: Uint8Array): Promise<string> => {
    device.command(command, image);
    return (await device.start()).lines.join("\n");
  };
  /** Installs an image; the board then resets itself. */
  const install = (image: Uint8Array, number = 1) => start(`update ${number} ${image.length}`, image);

  it("starts what the factory confirmed", async () => {
    const lines = await start("idle");
    expect(lines).toContain("state lifecycle=provisioned boot=1 reset=power-on");
    expect(lines).toContain("state image=1 slot=a kind=confirmed confirmed=true counter=1 epoch=0 a=confirmed b=empty");
  });

  it("7b: goes back by itself from an image that is never confirmed", async () => {
    expect(await install(runtimeFor("b", { version: "0.2.0", securityCounter: 2 }))).toMatch(
      /update begun\nupdate done\nholdfast root reset cause=update$/,
    );
    const tested = await start("idle");
    expect(tested).toMatch(/holdfast root verified slot=b start=test version=0\.2\.0\+0 /);
    expect(tested).toContain("reset=update");
    expect(tested).toContain("state image=1 slot=b kind=test confirmed=false counter=1");
    const reverted = await start("idle");
    expect(reverted).toMatch(/holdfast root verified slot=a start=confirmed version=0\.1\.0\+0 /);
    expect(reverted).toContain(
      "state image=1 slot=a kind=confirmed confirmed=true counter=1 epoch=0 a=confirmed b=spare",
    );
  });

  it("7b: goes back from an image that hangs, once the watchdog has ended it", async () => {
    await install(runtimeFor("b", { version: "0.2.0", securityCounter: 2 }));
    const hung = await start("hang");
    expect(hung).toContain("state image=1 slot=b kind=test");
    expect(hung.split("\n").at(-1)).toBe("holdfast root reset cause=watchdog");
    const reverted = await start("idle");
    expect(reverted).toContain("reset=watchdog");
    expect(reverted).toContain("state image=1 slot=a kind=confirmed");
  });

  it("keeps a confirmed one, and raises the counter with it and not before", async () => {
    await install(runtimeFor("b", { version: "0.2.0", securityCounter: 2 }));
    const confirmed = await start("confirm");
    expect(confirmed).toContain("state image=1 slot=b kind=test confirmed=false counter=1");
    expect(confirmed).toContain("state image=1 slot=b kind=test confirmed=true counter=2");
    expect(await start("idle")).toContain("state image=1 slot=b kind=confirmed confirmed=true counter=2");
  });

  it("3c: takes no older image, however it is signed, nor one of another stage or board", async () => {
    const refused = async (image: Uint8Array, code: string, number = 1) =>
      expect(await install(image, number)).toMatch(
        new RegExp(`update refused call=updateFinish code=image-refused detail=${code}`),
      );
    await refused(runtimeFor("a", { version: "9.0.0", securityCounter: 1 }), "counter-too-low");
    await refused(runtimeFor("a", { version: "0.3.0", securityCounter: 2, key: keys.root.signer }), "key-unknown");
    await refused(
      runtimeFor("a", { version: "0.3.0", securityCounter: 2, classId: new Uint8Array(16) }),
      "class-mismatch",
    );
    await refused(imageOf(build, "root", "b", { version: "0.3.0", securityCounter: 2 }, keys.root.signer), "\\S+");
    const lines = await start("select 1 a");
    expect(lines).toContain("update refused call=select code=slot-unconfirmed");
    expect(lines).toContain("state image=1 slot=b kind=confirmed confirmed=true counter=2");
  });

  it("3e: starts the other image when a page of the active one is destroyed", async () => {
    await install(runtimeFor("a", { version: "0.3.0", securityCounter: 2 }));
    await start("confirm");
    const page = Buffer.alloc(4096, 0);
    device.overwrite("runtime-a", 0x10000, page);
    const lines = await start("idle");
    expect(lines).toContain("holdfast root refused slot=a code=digest-mismatch");
    expect(lines).toContain("state image=1 slot=b kind=confirmed confirmed=true counter=2");
  });

  it("renews the root of trust in the same way", async () => {
    const image = imageOf(build, "root", "b", { version: "0.2.0" }, keys.root.signer);
    expect(await install(image, 0)).toMatch(/update done\nholdfast root reset cause=update$/);
    const tested = await start("idle");
    expect(tested).toMatch(/holdfast rom verified slot=b start=test version=0\.2\.0\+0 /);
    expect(tested).toContain("state image=0 slot=b kind=test confirmed=false");
    const reverted = await start("idle");
    expect(reverted).toContain("state image=0 slot=a kind=confirmed confirmed=true");
    await install(image, 0);
    expect(await start("confirm")).toContain("state image=0 slot=b kind=test confirmed=true");
    const kept = await start("idle");
    expect(kept).toContain("state image=0 slot=b kind=confirmed confirmed=true");
    expect(kept).toContain("state image=1 slot=b kind=confirmed confirmed=true counter=2");
  });

  it("3c: starts no runtime without the root of trust that it asks for, and waits for it", async () => {
    const needs = (image: number) => [{ image, minimum: parseVersion("0.9.0") }];
    await install(runtimeFor("a", { version: "0.3.0", securityCounter: 2, dependencies: needs(0) }));
    const waiting = await start("idle");
    expect(waiting).toContain("holdfast root refused slot=a code=dependency-unmet");
    expect(waiting).toMatch(/state image=1 slot=b kind=confirmed confirmed=true counter=2 epoch=0 a=test b=confirmed/);
  });

  it("3c: goes back from a root of trust that asks for a runtime that is not there", async () => {
    const needs = [{ image: 1, minimum: parseVersion("0.9.0") }];
    await install(imageOf(build, "root", "a", { version: "0.3.0", dependencies: needs }, keys.root.signer), 0);
    const tested = await start("idle");
    expect(tested).toMatch(/holdfast rom verified slot=a start=test version=0\.3\.0\+0 /);
    expect(tested).toContain("holdfast root refused slot=b code=dependency-unmet");
    expect(tested.split("\n").at(-1)).toBe("holdfast root reset cause=update");
    expect(await start("idle")).toContain("state image=0 slot=b kind=confirmed confirmed=true");
  });

  it("7d: starts nothing signed by a key that a confirmed update revoked, also when nothing else is left", async () => {
    await install(runtimeFor("a", { version: "0.4.0", securityCounter: 2, key: next }));
    expect(await start("idle")).toContain("state image=1 slot=a kind=test confirmed=false counter=2 epoch=0");
    await install(runtimeFor("a", { version: "0.4.0", securityCounter: 2, key: next }));
    expect(await start("confirm")).toContain("state image=1 slot=a kind=test confirmed=true counter=2 epoch=1");
    const old = runtimeFor("b", { version: "0.5.0", securityCounter: 3 });
    expect(await install(old)).toContain("update refused call=updateFinish code=image-refused detail=key-revoked");
    await install(runtimeFor("b", { version: "0.5.0", securityCounter: 3, key: next }));
    expect(await start("idle")).toContain("state image=1 slot=b kind=test confirmed=false counter=2 epoch=1");
    expect(await start("idle")).toContain("state image=1 slot=a kind=confirmed confirmed=true counter=2 epoch=1");
  });
});
