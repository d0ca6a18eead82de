/** A device under a hostile runtime: builds, starts of scripts, and everything that the runtime ever got. */
import { join } from "node:path";
import { type BuildResult, buildBoard } from "../../../host-tools/build/build.ts";
import { loadBuildKeys } from "../../../host-tools/keys/build-keys.ts";
import { fromHex } from "../../../protocol/image/bytes.ts";
import { root } from "../../boards/device-program.ts";
import { UpdateDevice } from "../updates/device.ts";
import { writeCarelessRoot } from "./careless-root.ts";
import { Script } from "./script.ts";
import { type DeviceSecrets, secretsOf } from "./secrets.ts";

/** How a script went. */
export interface Outcome {
  readonly results: ReadonlyMap<string, string>;
  readonly lines: readonly string[];
}

export class HostileDevice {
  readonly build: BuildResult;
  readonly device: UpdateDevice;
  readonly own: DeviceSecrets;
  /** Addresses of the runtime's own memory for attacks, and of its code. */
  readonly memory: number;
  readonly text: number;
  /** Every byte string that a step gave. */
  readonly loot: Uint8Array[] = [];

  private constructor(build: BuildResult, device: UpdateDevice, own: DeviceSecrets, at: readonly [number, number]) {
    this.build = build;
    this.device = device;
    this.own = own;
    [this.memory, this.text] = at;
  }

  /** @param kind of root of trust: the product's, or the one with holes */
  static async open(board: string, kind: "product" | "careless"): Promise<HostileDevice> {
    const folder = join(root, "build", "test", "hostile-script", kind, board);
    const here = import.meta.dirname;
    const runtime = join(here, "runtime.json");
    const keys = loadBuildKeys(root);
    const manifests = kind === "product" ? { runtime } : { runtime, root: writeCarelessRoot(join(folder, "careless")) };
    const build = await buildBoard({
      root,
      board,
      keys,
      manifests,
      app: join(here, "app.json"),
      folder,
      progress: () => {},
    });
    const device = new UpdateDevice(build);
    device.overwrite("storage", 0, new Script().encode());
    const { lines } = await device.start();
    const [, memory, text] = /at memory=(\d+) text=(\d+)/.exec(lines.join("\n")) ?? [];
    if (memory === undefined) throw new Error(`expected the hostile runtime to start, found ${lines.join("\n")}`);
    return new HostileDevice(build, device, secretsOf(device, build, keys), [Number(memory), Number(text)]);
  }

  /** One start of the board. */
  async run(script: Script): Promise<Outcome> {
    this.device.overwrite("storage", 0, script.encode());
    const { lines } = await this.device.start();
    return { results: this.take(script, lines), lines };
  }

  /** Starts the board and cuts its power as soon as `until` is on the console. */
  async runAndCut(script: Script, until: (line: string) => boolean): Promise<void> {
    this.device.overwrite("storage", 0, script.encode());
    const emulator = await this.device.open();
    await emulator.waitForLine(until, 60_000).finally(() => emulator.cutPower());
    this.take(script, emulator.lines.all);
  }

  private take(script: Script, lines: readonly string[]): Map<string, string> {
    const results = script.results(lines);
    for (const said of results.values())
      for (const word of said.split(" ")) if (/^([0-9a-f]{2}){8,}$/.test(word)) this.loot.push(fromHex(word));
    return results;
  }
}
