/**
 * Attack 7a on the emulated boards: the emulator is killed at random instants while it boots, updates and confirms without end, and
 * whatever was in flight, the next boots find an image that may run.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import type { BuildResult } from "../../host-tools/build/build.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { buildUpdater, imageOf, UpdateDevice } from "../attack/updates/device.ts";
import { root } from "../boards/device-program.ts";
import { Random } from "./random.ts";

const KILLS = 50;
/** An update takes about as long as the boot before it; an instant beyond the end of a start cuts nothing. */
const LONGEST_IN_BOOTS = 2.5;
const STATE = /^state image=1 slot=([ab]) kind=\w+ confirmed=\w+ counter=(\d+)/;
/** What no power cut may lead to. */
const NEVER = /stopped|fault|mistake|damaged|missing/;

describe.each(boardNames(root))("power cuts of %s", (name) => {
  const keys = loadBuildKeys(root);
  let build: BuildResult;
  let device: UpdateDevice;
  beforeAll(async () => {
    build = await buildUpdater(name, keys, "kills");
    device = new UpdateDevice(build);
  }, 400_000);
  afterAll(() => device.remove());

  it(`boots after each of ${KILLS}`, async () => {
    const random = new Random(name.length);
    let slot: "a" | "b" = "a";
    let counter = 0;
    let version = 1;
    let cut = 0;
    let boots = 0;
    // Whatever else this machine does: instants are measured in boots.
    device.command("idle");
    const began = performance.now();
    const first = (await device.start()).lines.find((line) => STATE.test(line));
    expect(first).toBeDefined();
    const longest = Math.ceil((performance.now() - began) * LONGEST_IN_BOOTS);
    while (cut < KILLS) {
      // Each update is newer, now and then with a higher counter, and one in four renews the root of trust.
      version += 1;
      const image = random.below(4) === 0 ? 0 : 1;
      const role = image === 0 ? "root" : "runtime";
      const target = slot === "a" ? "b" : "a";
      const changes = { version: `0.1.${version}`, securityCounter: image === 0 ? 1 : 1 + Math.floor(version / 8) };
      const bytes = imageOf(build, role, target, changes, keys[role].signer);
      device.command(`cycle ${image} ${bytes.length}`, bytes);
      const emulator = await device.open();
      boots += 1;
      const instant = new Promise<void>((due) => setTimeout(due, random.below(longest)));
      const wasCut = await Promise.race([instant.then(() => true), emulator.exited.then(() => false)]);
      await emulator.cutPower();
      if (wasCut) cut += 1;
      const lines = emulator.lines.all;
      expect(lines.filter((line) => NEVER.test(line))).toEqual([]);
      const state = lines.map((line) => STATE.exec(line)).find((match) => match !== null);
      if (state === undefined) continue;
      slot = state[1] === "b" ? "b" : "a";
      expect(Number(state[2]), "the security counter").toBeGreaterThanOrEqual(counter);
      counter = Number(state[2]);
    }
    device.command("idle");
    let last: readonly string[] = [];
    for (let boot = 0; boot < 3 && !last.some((line) => STATE.test(line)); boot += 1) {
      last = (await device.start()).lines;
    }
    expect(last, last.join("\n")).toContain("test done");
    expect(counter, `in ${boots} boots no update was ever confirmed`).toBeGreaterThan(1);
  }, 300_000);
});
