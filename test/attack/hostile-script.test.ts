/**
 * A runtime in an attacker's hands that does, word by word and instruction by instruction, what the host tells it: 1d, 2a, 2b, 3a,
 * 6b, 7a on the product's own boot ROM and root of trust. The attacks that find a hole closed find it open in a root of trust with that
 * hole (hostile-script/careless-root.ts). The secrets looked for are the device secret and all that is derived from it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Board, boardNames } from "../../host-tools/build/board.ts";
import { hostIdentityCrypto, hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { verifyChain } from "../../protocol/dice/chain.ts";
import { verifyAttestation } from "../../protocol/eat/attestation.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { ROOT_CALLS } from "../../protocol/root-calls/calls.ts";
import { statusNumber } from "../../protocol/root-calls/status.ts";
import { root } from "../boards/device-program.ts";
import { craftedRequests, ES256_HEADER, signatureStructure } from "./calls-crafted.ts";
import { HostileDevice, type Outcome } from "./hostile-script/device.ts";
import { littleEndian, Script } from "./hostile-script/script.ts";
import { leaksIn } from "./hostile-script/secrets.ts";

const CALLER_MEMORY = `${statusNumber("caller-memory")} 0`;
const crypto = hostIdentityCrypto();
const NONCE = new Uint8Array(32).fill(9);
const PAGE = 4096;
/** What an attacker's command to a NOR chip looks like: erase, on both chips side by side. */
const ERASE = 0x0020_0020;
const SWEEP_STEP = 0x1_0000;
const READ_ARRAY = 0x00ff_00ff;
/** Bytes of secure RAM that one call can carry away. */
const STRIDE = 1024;

interface Range {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** Everything that board.json gives to stages below and not to the runtime. */
function forbidden({ name: board, memory, partitions, devices }: Board): Range[] {
  const all = [
    ...memory.filter(({ roles }) => !roles.includes("runtime") && roles.length > 0),
    ...partitions.filter(({ readers }) => !readers.includes("runtime")),
    ...devices.filter(
      ({ name, roles }) => roles.includes("native") && !roles.includes("runtime") && !/^flash/.test(name),
    ),
  ];
  // A runtime that runs in place reads its own image, but does not write it.
  return all
    .filter((each) => !(board === "virt-rv32" && each.name === "runtime-a"))
    .filter((each) => each.name !== "dma" || board === "virt-rv32")
    .map(({ name: what, base, byteLength }) => ({ name: what, first: base, last: base + byteLength - 4 }));
}

function secureRam({ memory }: Board): Range {
  const found = memory.find(({ name }) => name === "secure-ram");
  if (found === undefined) throw new RangeError("expected secure-ram, found none");
  return { name: found.name, first: found.base, last: found.base + found.byteLength - 4 };
}

const number = (name: keyof typeof ROOT_CALLS): number => ROOT_CALLS[name].number;

/** The confused deputy: what the root of trust seals for us from an address of its own it gives back when asked to unseal. */
function deputyScript({ memory, build }: HostileDevice): Script {
  const script = new Script();
  const { first, last } = secureRam(build.board);
  for (let at = first; at + STRIDE <= last + 4; at += STRIDE) {
    script.rawCall(`seal ${at}`, number("seal"), at, STRIDE, memory, PAGE);
    script.rawCall(`unseal ${at}`, number("unseal"), memory, STRIDE + 29, memory + PAGE, PAGE);
    script.read(`loot ${at}`, memory + PAGE, STRIDE);
  }
  return script;
}

function attestScript(script = new Script()): Script {
  return script
    .call("identity", number("identity"), new Uint8Array(0))
    .call("key", number("operationalKey"), new Uint8Array(0))
    .call("attest", number("attest"), NONCE);
}

/** Evidence as a service would judge it: what runs, by digest. */
function attested(device: HostileDevice, { results, lines }: Outcome): string[] {
  const reply = (name: string): Uint8Array => {
    const [status, bytes = ""] = results.get(name)?.split(" ") ?? [];
    expect(status, `${name}: ${lines.slice(-8).join("\n")}`).toBe("0");
    return fromHex(bytes);
  };
  const identity = reply("identity");
  expect(toHex(identity.slice(0, 32))).toBe(toHex(device.own.deviceId));
  const identityKey = identity.slice(32, 97);
  const certificates = decodeCbor(identity.slice(97)) as Uint8Array[];
  const operationalKey = keyThumbprint(reply("key"), crypto.sha256);
  const expected = { identityKey, nonce: NONCE, operationalKey };
  const { components } = verifyAttestation({ certificates, evidence: reply("attest") }, expected, crypto);
  return components.map(({ value }) => toHex(value));
}

function digests({ build }: HostileDevice): (string | undefined)[] {
  return ["root", "runtime"].map((role) => build.images.find((image) => image.role === role)?.digest);
}

const GUARDED_FLASH = ["rom", "root-a", "root-b", "runtime-a", "runtime-b", "device-secret"] as const;

function flashOf({ device }: HostileDevice): Map<string, Buffer> {
  return new Map(GUARDED_FLASH.map((name) => [name, Buffer.from(device.read(name))]));
}

function changedFlash(device: HostileDevice, before: ReadonlyMap<string, Buffer>): string[] {
  return GUARDED_FLASH.filter((name) => !before.get(name)?.equals(device.device.read(name)));
}

describe.each(boardNames(root))("a hostile runtime on %s, step by step", (name) => {
  let device: HostileDevice;
  const a7 = name === "virt-a7";

  beforeAll(async () => {
    device = await HostileDevice.open(name, "product");
  }, 400_000);
  afterAll(() => device?.device.remove());

  it("is on the device whose secrets the host knows", async () => {
    const outcome = await device.run(attestScript());
    expect(attested(device, outcome)).toEqual(digests(device));
    const certificates = decodeCbor(fromHex(outcome.results.get("identity")?.split(" ")[1] ?? "").slice(97));
    const { layers, signingKey } = verifyChain(
      certificates as Uint8Array[],
      fromHex(outcome.results.get("identity")?.split(" ")[1] ?? "").slice(32, 97),
      crypto,
    );
    expect(toHex(device.own.guarded.get("layer key") as Uint8Array)).toBe(toHex(layers[0]?.key as Uint8Array));
    expect(toHex(device.own.guarded.get("evidence key") as Uint8Array)).toBe(toHex(signingKey));
    expect(`0 ${toHex(device.own.guarded.get("operational key") as Uint8Array)}`).toBe(outcome.results.get("key"));
    expect(device.own.secrets.size).toBeGreaterThan(8);
  });

  it("1d, 2b: reaches nothing of the stages below in the whole address space", async () => {
    const ranges = forbidden(device.build.board);
    const script = new Script().sweep("all", 0, 0x1_0000_0000 - SWEEP_STEP, SWEEP_STEP);
    for (const { name: what, first, last } of ranges) {
      script.sweep(`read ${what}`, first, last, PAGE).scribble(`write ${what}`, first, last, PAGE, ERASE);
    }
    // A sweep that finds nothing anywhere would say nothing.
    script.sweep("own", device.memory, device.memory + PAGE, PAGE);
    const { results, lines } = await device.run(script);
    expect(lines.at(-1)).toBe("test done");
    expect(results.get("own")?.length).toBe(16);
    for (const { name: what } of ranges) {
      expect(`${what} ${results.get(`read ${what}`)} ${results.get(`write ${what}`)}`).toBe(`${what}  0`);
    }
    const words = new Uint32Array(fromHex(results.get("all") ?? "").slice().buffer);
    expect(words.length).toBeGreaterThan(0);
    for (let run = 0; run < words.length; run += 2) {
      const [first = 0, last = 0] = words.slice(run, run + 2);
      const hit = ranges.filter((range) => {
        const next = Math.ceil(Math.max(first, range.first) / SWEEP_STEP) * SWEEP_STEP;
        return next <= Math.min(last, range.last);
      });
      expect(hit.map((range) => range.name)).toEqual([]);
    }
  }, 60_000);

  it("1d: has no root of trust that reads its own memory for it", async () => {
    const { results } = await device.run(deputyScript(device));
    for (const [what, said] of results)
      if (what.startsWith("seal")) expect(`${what} ${said}`).toBe(`${what} ${CALLER_MEMORY}`);
  }, 60_000);

  it("1d, 2a: is told no secret, and gets no signature but the operational key's, whatever it calls", async () => {
    const forged = signatureStructure(ES256_HEADER, new Uint8Array(90).fill(0xc1));
    const digest = hostIdentityPrimitives.sha256(forged);
    const keeping: readonly string[] = ["updateBegin", "applyCapability", "state", "measurements"];
    const requests = craftedRequests([forged, digest, NONCE]).filter((request) => !keeping.includes(request.name));
    const script = new Script();
    requests.forEach((request, index) => void script.call(`${index}`, request.number, request.bytes));
    const { results } = await device.run(script);
    expect(results.size).toBe(requests.length);
    const signers = new Set<string>();
    for (const reply of device.loot) {
      if (reply.length < 64) continue;
      for (const signature of [reply.slice(0, 64), reply.slice(-64)])
        for (const [key, publicKey] of device.own.guarded)
          if (hostIdentityPrimitives.verifyP256(publicKey, digest, signature)) signers.add(key);
    }
    expect([...signers]).toEqual(["operational key"]);
  }, 60_000);

  it("3a: executes nothing that it wrote, and writes nothing that it executes", async () => {
    // Returns 7: mov r0, #7; bx lr, and li a0, 7; ret.
    const seven = a7 ? [0xe3a0_0007, 0xe12f_ff1e] : [0x0070_0513, 0x0000_8067];
    const script = new Script().machineCode("own protection", seven, true);
    if (!a7) script.machineCode("own memory", seven).writeWord("own code", device.text, 0).read("code", device.text, 4);
    for (const { name: what, first } of forbidden(device.build.board)) script.execute(`execute ${what}`, first);
    const { results, lines } = await device.run(script);
    expect(lines.at(-1)).toBe("test done");
    const { code, ...faults } = Object.fromEntries(results);
    for (const [what, said] of Object.entries(faults)) expect(`${what}: ${said}`).toBe(`${what}: fault`);
    if (!a7) expect(code).toMatch(/^[0-9a-f]{8}$/);
  });

  it.runIf(a7)("3a: owns the normal world, where it switches its own protection off, and nothing more", async () => {
    const { results } = await device.run(new Script().machineCode("code", [0xe3a0_0007, 0xe12f_ff1e]));
    expect(results.get("code")).toBe("7");
  });

  it.runIf(a7)("2b: changes no register of the secure world", async () => {
    const secure = { scr: [1, 1, 0], sder: [1, 1, 1], nsacr: [1, 1, 2], mvbar: [12, 0, 1], frequency: [14, 0, 0] };
    const script = new Script();
    for (const [what, [crn = 0, crm = 0, op2 = 0]] of Object.entries(secure)) {
      const write = 0xee00_0f10 | (crn << 16) | (op2 << 5) | crm;
      script.machineCode(what, [write, 0xe12f_ff1e]);
    }
    // mrc p15, 0, r0, c1, c1, 0: reading SCR is refused as well.
    script.machineCode("read scr", [0xee11_0f11, 0xe12f_ff1e]);
    const { results } = await device.run(attestScript(script));
    for (const what of [...Object.keys(secure), "read scr"])
      expect(`${what} ${results.get(what)}`).toBe(`${what} fault`);
  });

  it.runIf(!a7)("2b: reads three counters of the 4096 control registers, and writes none", async () => {
    const { results } = await device.run(new Script().controlRegisters("registers"));
    const open = (results.get("registers") ?? "").split(",").map((each) => each.split(":").map(Number));
    expect(open.length).toBeGreaterThan(0);
    for (const [register = 0, access] of open) {
      // cycle, time, instret and their upper halves
      expect([0xc00, 0xc01, 0xc02, 0xc80, 0xc81, 0xc82]).toContain(register);
      expect(access).toBe(1);
    }
  });

  it.runIf(a7)("2b: has no device that copies into secure memory for it", async () => {
    const at = device.memory;
    // fw_cfg: select item 0 and read it to an address; all big endian. Its words say how it went when it is done.
    const copy = (script: Script, what: string, target: number) =>
      script
        .write(`${what} request`, at, bigEndian([0x0000_000a, 4, 0, target]))
        .write(`${what} go`, 0x0902_0010, bigEndian([0]))
        .write(`${what} go`, 0x0902_0014, bigEndian([at]))
        .read(what, at, 4);
    const script = new Script();
    copy(script, "own", at + 64).read("copied", at + 64, 4);
    const targets = forbidden(device.build.board).filter(({ first }) => first !== 0);
    for (const { name: what, first } of targets) copy(script, what, first);
    const before = flashOf(device);
    const outcome = await device.run(attestScript(script));
    expect(outcome.results.get("own")).toBe("00000000");
    expect(outcome.results.get("copied")).toBe(Buffer.from("QEMU").toString("hex"));
    for (const { name: what } of targets) expect(`${what} ${outcome.results.get(what)}`).toBe(`${what} 00000001`);
    expect(attested(device, outcome)).toEqual(digests(device));
    expect(changedFlash(device, before)).toEqual([]);
  });

  it("2a, 7a: stays what it was after it scribbled over all that is its own, and lost its power", async () => {
    const before = flashOf(device);
    for (const script of garbage(device.build.board)) {
      await device.runAndCut(script, (line) => line.startsWith(script.lastLine));
    }
    const outcome = await device.run(attestScript());
    expect(attested(device, outcome)).toEqual(digests(device));
    expect(outcome.lines.join("\n")).toMatch(/holdfast root verified slot=a start=confirmed /);
    expect(changedFlash(device, before)).toEqual([]);
  }, 90_000);

  it("1d: has got no secret in all that", () => {
    expect(device.loot.length).toBeGreaterThan(20);
    expect(device.loot.flatMap((bytes) => leaksIn(bytes, device.own.secrets))).toEqual([]);
  });
});

/** Commands left pending in its own flash, and garbage in every register that it has. */
function garbage({ name: board, partitions, devices }: Board): Script[] {
  const storage = partitions.find(({ name }) => name === "storage");
  if (storage === undefined) throw new RangeError("expected storage, found none");
  const commands = [0x0020_0020, 0x0040_0040, 0x0060_0060, 0x0070_0070, 0x0090_0090, 0x0098_0098, 0x00e8_00e8];
  const pending = commands.map((command) => new Script().writeWord("command", storage.base + 0xc_0000, command));
  // On virt-a7 the boot ROM's random source is in the normal world's reach.
  const roles = board === "virt-a7" ? ["runtime", "rom"] : ["runtime"];
  const own = devices.filter(
    (each) => each.roles.some((role) => roles.includes(role)) && !/flash|serial/.test(each.name),
  );
  const registers = [0, 0xffff_ffff, 0x5a5a_a5a5].map((value) => {
    const script = new Script();
    for (const { name, base, byteLength } of own) {
      // The interrupt controller of virt-rv32 is 2 MiB wide, most of it for harts that there are not.
      script.scribble(name, base, base + Math.min(byteLength, 0x4000) - 4, 4, value);
      script.scribble(name, base, base + byteLength - 4, 0x100, value);
    }
    return script;
  });
  return [...pending, ...registers];
}

function bigEndian(words: readonly number[]): Uint8Array {
  const bytes = littleEndian(words);
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  return bytes;
}

describe.each(boardNames(root))("a root of trust with holes on %s", (name) => {
  let device: HostileDevice;

  beforeAll(async () => {
    device = await HostileDevice.open(name, "careless");
  }, 400_000);
  afterAll(() => device?.device.remove());

  it("1d: gives its secrets away to a caller that names its memory", async () => {
    await device.run(deputyScript(device));
    const leaks = device.loot.flatMap((bytes) => leaksIn(bytes, device.own.secrets));
    expect(leaks.length).toBeGreaterThan(0);
  }, 60_000);

  it.runIf(name === "virt-rv32")(
    "2b, 6b: has its log read and commands given to its slots when the rule lets them in",
    async () => {
      const script = new Script();
      const holes = forbidden(device.build.board).filter(({ name: what }) =>
        /^(log|state|runtime-b|root-b)$/.test(what),
      );
      // To go back to reading is the one command after which this bank, which all runs from, still can be read.
      for (const { name: what, first } of holes)
        script.sweep(`read ${what}`, first, first, 4).scribble(what, first, first, 4, READ_ARRAY);
      const { results } = await device.run(script);
      expect(holes).toHaveLength(4);
      for (const { name: what } of holes) {
        expect(results.get(`read ${what}`), what).toHaveLength(16);
        expect(results.get(what), what).toBe("1");
      }
    },
  );
});
