/** Which files of mbedTLS an image with `native:crypto` compiles. It links the functions that it calls, and no others. */
import { join } from "node:path";
import { mbedtlsSourcePath } from "../setup/sources.ts";
import type { Board } from "./board.ts";

const LIBRARY = ["chacha20", "chachapoly", "constant_time", "platform_util", "poly1305", "sha256", "sha512"];
const P256 = join("3rdparty", "p256-m", "p256-m");

/** Absolute paths. */
export function mbedtlsSources(): string[] {
  const folder = mbedtlsSourcePath();
  return [...LIBRARY.map((name) => join(folder, "library", `${name}.c`)), join(folder, P256, "p256-m.c")];
}

/** Flags for these files and for whoever calls them; the configuration lies beside `native:crypto`. */
export function mbedtlsFlags(root: string, _board: Board): string[] {
  const folder = mbedtlsSourcePath();
  const configuration = join(root, "hal", "native", "crypto");
  return [
    '-DMBEDTLS_CONFIG_FILE="mbedtls-config.h"',
    `-I${configuration}`,
    ...["include", "library", P256].flatMap((name) => ["-isystem", join(folder, name)]),
  ];
}
