/** Which files of mbedTLS an image with `native:crypto` links: SHA-256 and ECDSA P-256 verification through PSA. */
import { join } from "node:path";
import { mbedtlsSourcePath } from "../setup/sources.ts";
import type { Board } from "./board.ts";

const LIBRARY = [
  "asn1parse",
  "asn1write",
  "constant_time",
  "platform",
  "platform_util",
  "psa_crypto",
  "psa_crypto_client",
  "psa_crypto_driver_wrappers_no_static",
  "psa_crypto_ecp",
  "psa_crypto_hash",
  "psa_crypto_slot_management",
  "psa_util",
  "sha256",
];
const P256 = ["p256-m_driver_entrypoints", "p256-m/p256-m"];

/** Absolute paths. */
export function mbedtlsSources(): string[] {
  const folder = mbedtlsSourcePath();
  return [
    ...LIBRARY.map((name) => join(folder, "library", `${name}.c`)),
    ...P256.map((name) => join(folder, "3rdparty", "p256-m", `${name}.c`)),
  ];
}

/** Flags for these files and for whoever calls them; the configuration lies beside `native:crypto`. */
export function mbedtlsFlags(root: string, _board: Board): string[] {
  const folder = mbedtlsSourcePath();
  const configuration = join(root, "hal", "native", "crypto");
  return [
    '-DMBEDTLS_CONFIG_FILE="mbedtls-config.h"',
    '-DMBEDTLS_PSA_CRYPTO_CONFIG_FILE="psa-config.h"',
    `-I${configuration}`,
    ...["include", "library", "3rdparty/p256-m", "3rdparty/p256-m/p256-m", "3rdparty/p256-m/p256-m/include"].flatMap(
      (name) => ["-isystem", join(folder, name)],
    ),
  ];
}
