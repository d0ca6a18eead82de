import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ensurePackages } from "./debian-packages.ts";
import { debianMirrors, downloadFromPool } from "./mirror.ts";
import { ensureSources, lwipSourcePath, mbedtlsSourcePath } from "./sources.ts";

const quiet = { progress: () => {} };
const files = new Map<string, string>();
let folder = "";
let server: Server;

/** Stands for apt-get: it lists one Debian mirror, the test's own server, and cannot update. */
function fakeApt(lines: readonly string[]): void {
  const script = `#!/bin/sh\ncase "$*" in *indextargets*) cat <<'END'\n${lines.join("\n")}\nEND\n;; *) exit 100;; esac\n`;
  writeFileSync(join(folder, "apt-get"), script, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-sources-"));
  vi.stubEnv("HOLDFAST_CACHE", join(folder, "cache"));
  vi.stubEnv("HOLDFAST_MBEDTLS", "");
  vi.stubEnv("HOLDFAST_LWIP", "");
  for (const name of ["http_proxy", "HTTP_PROXY"]) vi.stubEnv(name, undefined);
  files.clear();
  server = createServer((request, response) => {
    const text = files.get(request.url ?? "");
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function mirror(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian/`;
}

describe("local copies", () => {
  it("are taken from the variable when they hold the library", () => {
    const copy = join(folder, "lwip");
    for (const path of ["src/include/lwip/init.h", "src/core/tcp.c", "src/core/ipv4/ip4.c"]) {
      mkdirSync(join(copy, path, ".."), { recursive: true });
      writeFileSync(join(copy, path), "");
    }
    vi.stubEnv("HOLDFAST_LWIP", copy);
    expect(lwipSourcePath()).toBe(copy);
  });

  it("are refused when they hold something else", () => {
    vi.stubEnv("HOLDFAST_MBEDTLS", folder);
    expect(() => mbedtlsSourcePath()).toThrow(`expected include/mbedtls/build_info.h in HOLDFAST_MBEDTLS=${folder}`);
  });
});

it("says how to get a source that is not there", () => {
  expect(() => mbedtlsSourcePath()).toThrow(/doctor --fix, or set HOLDFAST_MBEDTLS/);
});

describe("the mirror", () => {
  it("is the machine's own, without the security archive and other people's", async () => {
    fakeApt([
      "Debian|Debian-Security|http://a/debian-security/",
      "Other|Other|http://b/debian/",
      "Debian|Debian|http://c/debian",
      "Debian|Debian|http://c/debian/",
    ]);
    expect(await debianMirrors()).toEqual(["http://c/debian/"]);
  });

  it("is guessed from the address before apt knows origins", async () => {
    fakeApt(["||http://a/debian-security/", "||http://c/debian/", "||http://d/other"]);
    expect(await debianMirrors()).toEqual(["http://c/debian/"]);
  });
});

/** Downloads go through apt's own program, so these need a Debian machine. */
describe.skipIf(!existsSync("/usr/lib/apt/apt-helper"))("downloads", () => {
  const sha256 = createHash("sha256").update("content").digest("hex");

  it("appear when the content is the pinned one", async () => {
    fakeApt([`Debian|Debian|${mirror()}`]);
    files.set("/debian/pool/file", "content");
    expect(await downloadFromPool("pool/file", sha256, join(folder, "target"))).toBe("done");
    expect(readFileSync(join(folder, "target"), "utf8")).toBe("content");
  });

  it("are refused and removed when the content is another", async () => {
    fakeApt([`Debian|Debian|${mirror()}`]);
    files.set("/debian/pool/file", "contenT");
    const download = downloadFromPool("pool/file", sha256, join(folder, "target"));
    await expect(download).rejects.toMatchObject({ code: "source-corrupt" });
    expect(readdirSync(folder)).toEqual(["apt-get"]);
  });

  it("tell a missing file from a failure", async () => {
    fakeApt([`Debian|Debian|${mirror()}`]);
    expect(await downloadFromPool("pool/file", sha256, join(folder, "target"))).toBe("absent");
  });

  it("say what to do when the pinned version is gone, and leave nothing", async () => {
    fakeApt([`Debian|Debian|${mirror()}`]);
    await expect(ensureSources(quiet)).rejects.toMatchObject({
      code: "source-version-moved",
      message: expect.stringMatching(/^expected mbedtls 3\.6\.6.*set HOLDFAST_MBEDTLS/),
    });
    expect(readdirSync(join(folder, "cache", "sources"))).toEqual([]);
  });
});

it("names the variable to set where there is no apt", async () => {
  vi.stubEnv("PATH", folder);
  await expect(ensureSources(quiet)).rejects.toMatchObject({
    code: "download-failed",
    message: expect.stringMatching(/expected apt .*or set HOLDFAST_MBEDTLS to an unpacked copy$/),
  });
});

it("prints the whole line to run where it may not install packages", async () => {
  vi.stubEnv("PATH", folder);
  await expect(ensurePackages(quiet)).rejects.toMatchObject({
    code: "packages-missing",
    message: expect.stringMatching(
      /sudo apt-get update && sudo apt-get install --no-install-recommends gcc .*gcc-arm-none-eabi .*qemu-system-misc /,
    ),
  });
});
