/** Attack 1g: the console of a secured device answers identity only; nothing that a wire brings keeps a device from booting. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LifecycleLog } from "../../bootloader/lifecycle/lifecycle-log.ts";
import { boardNames } from "../../host-tools/build/board.ts";
import { makeCapabilityFile } from "../../host-tools/capability/capability-file.ts";
import { DeviceFolder } from "../../host-tools/device/device-folder.ts";
import { LiveConsole } from "../../host-tools/device/live-console.ts";
import { attestLive } from "../../host-tools/device/live-identity.ts";
import { provisionDevice } from "../../host-tools/device/provision.ts";
import { Emulator } from "../../host-tools/emulator/emulator.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import { bundle } from "../../host-tools/powerfail/simulator.ts";
import { CborMap } from "../../protocol/cbor/values.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { decodeRootState } from "../../protocol/root-calls/state.ts";
import { root } from "../boards/device-program.ts";
import { buildProduct } from "../boards/product.ts";
import * as trials from "./console-trials.ts";
import { WEAKENED_RULES } from "./console-weakenings.ts";

const { ConsoleTrial, CLOSED, IDENTITY, session, wire, frames } = trials;

describe("the console of a secured device (1g)", () => {
  it("tells and does nothing but its identity, and holds no boot up", () => {
    expect(trials.successfulAttacks()).toEqual([]);
  }, 60_000);

  it.each(IDENTITY)("answers %s", (_name, operation, group, command, entries) => {
    expect(new ConsoleTrial().outcome(operation, group, command, entries)).toBe("answered");
  });

  it.each(CLOSED)("answers %s before it is secured", (name, operation, group, command, entries) => {
    // A log without a record answers so: `record-none`.
    const expected = name === "log" ? 1018 : "answered";
    expect(new ConsoleTrial("provisioned").outcome(operation, group, command, entries)).toBe(expected);
  });

  it.each([
    ["console", ["state", "measurements", "log"]],
    ["field-servicing", ["state", "measurements", "log", "lifecycle to decommissioned"]],
    ["app-development", ["state", "measurements", "log"]],
  ] as const)("is opened for one boot by a file that grants %s, as far as that goes", (grant, opened) => {
    const trial = new ConsoleTrial();
    expect(trial.present(trial.file({ grants: [grant] }))).toBe("answered");
    for (const [name, operation, group, command, entries] of CLOSED) {
      const outcome = trial.outcome(operation, group, command, entries);
      expect([name, outcome === 11]).toEqual([name, !(opened as readonly string[]).includes(name)]);
    }
  });

  it("says why it refuses a file", () => {
    const trial = new ConsoleTrial();
    const answer = trial.ask(2, 64, 21, [["capability", trial.file({ deviceId: new Uint8Array(32) })]]);
    expect(answer).toEqual(
      new CborMap([
        [
          "err",
          new CborMap([
            ["rc", 19],
            ["group", 64],
          ]),
        ],
        ["rsn", "device-mismatch"],
      ]),
    );
  });

  it("answers nothing to answers, and little to other versions", () => {
    const trial = new ConsoleTrial();
    expect(trial.answer(Uint8Array.of(0x09, 0, 0, 0, 0, 0, 1, 0))).toBeUndefined();
    expect(trial.answer(Uint8Array.of(0x0b, 0, 0, 0, 0, 0, 1, 0))).toBeUndefined();
    const old = trial.answer(Uint8Array.of(0x00, 0, 0, 1, 0, 0, 7, 6, 0xa0))?.message;
    expect(Buffer.from(old ?? []).toString("hex")).toBe("01000005000007" + "06" + "a16272630c");
  });

  it("costs one look when nobody asks", () => {
    expect(session(new ConsoleTrial(), new Uint8Array(0))).toEqual({
      end: undefined,
      answers: [],
      milliseconds: 0,
      read: 0,
    });
  });

  it("serves request after request between any other text, until one ends it", () => {
    const echo = wire(2, 0, 0, [["d", "x"]]);
    const text = Buffer.from("some text\r\n");
    const { end, answers } = session(
      new ConsoleTrial(),
      Buffer.concat([text, echo, text, echo, wire(2, 64, 33), echo]),
    );
    expect([end, answers.length]).toEqual(["boot", 3]);
    expect(session(new ConsoleTrial(), wire(2, 0, 5)).end).toBe("reset");
    const secured = session(new ConsoleTrial("provisioned"), wire(2, 64, 32, [["to", "secured"]]));
    expect([secured.end, secured.answers.length]).toEqual(["reset", 1]);
  });

  it("gives every message an answer or silence, and stays what it was", () => {
    const trial = new ConsoleTrial();
    const header = fc.tuple(fc.constantFrom(0x08, 0x0a), fc.constantFrom(0, 1, 64), fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 80 }), ([first, group, command], body) => {
        trial.answer(Uint8Array.of(first, 0, 0, body.length, 0, group, 0, command, ...body));
        trial.answer(body);
      }),
      { numRuns: 2000 },
    );
    expect(trial.device.mistakes).toEqual([]);
    expect(trial.outcome(0, 64, 12)).toBe(11);
  });
});

describe("1g succeeds, or a boot is held up, when no longer", () => {
  const folder = join(root, "build", "attack", `console-${process.pid}`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(WEAKENED_RULES.map((rule, index) => ({ ...rule, index })))(
    "$rule",
    async ({ index, ...weakening }) => {
      const path = join(folder, `rule-${index}.mjs`);
      await bundle(root, "test/attack/console-trials.ts", path, [weakening]);
      const weakened: typeof trials = await import(/* @vite-ignore */ path);
      expect(weakened.successfulAttacks().length).toBeGreaterThan(0);
    },
    60_000,
  );
});

describe.each(boardNames(root))("the console of %s", (board) => {
  const RUN = 120_000;
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-console-"));
  const path = join(scratch, "device");
  let device: DeviceFolder;

  const open = (): Promise<LiveConsole> =>
    LiveConsole.open({ board: device.board, flash: device.flash, path, timeoutMs: RUN });
  const refusalOf = (action: Promise<unknown>): Promise<string> =>
    action.then(
      () => "answered",
      (error: Error) => error.message.replace(/^.*, found /, ""),
    );
  const file = (signer = loadBuildKeys(root).capability.signer): Uint8Array =>
    makeCapabilityFile(
      {
        deviceId: fromHex(device.record.device),
        grants: ["console"],
        sequence: 5,
        use: "one-boot",
        notAfterBoot: undefined,
      },
      signer,
    );
  const apply = (live: LiveConsole, capability: Uint8Array) =>
    live.call("applyCapability", [["capability", capability]]);

  beforeAll(async () => {
    const { build } = await buildProduct(board);
    await provisionDevice({ build, path, now: new Date(), timeoutMs: RUN });
    device = new DeviceFolder(root, path);
  }, 600_000);
  afterAll(() => {
    device?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it(
    "attests before it is secured, tells its state, survives hostile frames, and is secured by its console",
    async () => {
      const live = await open();
      try {
        expect((await attestLive(live, device.record)).lifecycle).toBe("provisioning");
        const state = (await live.call("state")).get("state") as Uint8Array;
        expect(decodeRootState(state)).toMatchObject({ lifecycle: "provisioned", bootCount: 2 });
        for (const [, stream] of trials.HOSTILE) live.emulator.write(stream.subarray(0, 2500));
        for (const [, body] of trials.HOSTILE_BODIES) live.emulator.write(frames(trials.rawRequest(21, body)));
        await live.request({ group: 0, command: 6 });
        await live.advance("secured");
        expect(live.emulator.lines.all).toContain("holdfast root console end=reset");
      } finally {
        await live.close();
      }
    },
    RUN,
  );

  it(
    "answers identity only once it is secured",
    async () => {
      const live = await open();
      try {
        expect((await attestLive(live, device.record)).lifecycle).toBe("secured");
        for (const name of ["state", "measurements"] as const)
          expect(await refusalOf(live.call(name))).toBe("access-denied");
        expect(await refusalOf(live.call("logRead", [["after", 0]]))).toBe("access-denied");
        expect(await refusalOf(live.advance("decommissioned"))).toBe("access-denied");
        expect(await refusalOf(live.call("random", [["byteLength", 32]]))).toBe("not-supported");
        const stranger = file(testKey("ecdsa-p256"));
        expect(await refusalOf(apply(live, stranger))).toBe("capability-refused/key-unknown");
        await live.reset();
      } finally {
        await live.close();
      }
    },
    RUN,
  );

  it(
    "tells more once a file for this boot is presented, says debug from then on, and boots",
    async () => {
      const live = await open();
      try {
        await apply(live, file());
        expect((await attestLive(live, device.record)).lifecycle).toBe("debug");
        expect((await live.call("measurements")).get("components")).toBeInstanceOf(Uint8Array);
        await live.boot();
        await live.emulator.waitForLine((line) => line.startsWith("holdfast app up "), RUN);
        expect(live.emulator.lines.all).toContain("holdfast root console end=boot");
      } finally {
        await live.close();
      }
    },
    RUN,
  );

  it(
    "boots whatever comes in place of a request, and is closed again",
    async () => {
      const emulator = await Emulator.start({ board: device.board, flash: device.flash, timeoutMs: RUN });
      try {
        for (const [, stream] of trials.HOSTILE) emulator.write(stream.subarray(0, 1500));
        await emulator.waitForLine((line) => line.startsWith("holdfast app up "), RUN);
        expect(emulator.lines.all).toContain("holdfast root console end=idle");
      } finally {
        await emulator.close();
      }
      const lifecycle = device.look()("lifecycle");
      expect(new LifecycleLog(lifecycle).read()).toMatchObject({ lifecycle: "secured", capability: undefined });
      const live = await open();
      try {
        expect(await refusalOf(live.call("state"))).toBe("access-denied");
        expect(toHex((await live.call("identity")).get("deviceId") as Uint8Array)).toBe(device.record.device);
        await live.reset();
      } finally {
        await live.close();
      }
    },
    RUN,
  );
});
