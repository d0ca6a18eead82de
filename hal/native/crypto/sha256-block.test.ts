import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBoard } from "../../../host-tools/build/board.ts";
import { mbedtlsFlags } from "../../../host-tools/build/mbedtls-sources.ts";
import { runCommand } from "../../../host-tools/setup/run-command.ts";

const root = join(import.meta.dirname, "../../..");

/** Reads padded messages in hexadecimal, a line each, and prints their hashes: the block function and nothing else of mbedTLS. */
const HARNESS = `
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <stdio.h>
#include <string.h>
#include "mbedtls/sha256.h"
#include "mbedtls/platform_util.h"

int mbedtls_internal_sha256_process(mbedtls_sha256_context*, const unsigned char data[64]);
void mbedtls_platform_zeroize(void* bytes, size_t length) { memset(bytes, 0, length); }

static char line[1 << 16];

int main(void) {
	while (fgets(line, sizeof(line), stdin)) {
		mbedtls_sha256_context context = { .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
		for (char* at = line; *at >= '0';) {
			unsigned char block[64];
			for (int i = 0; i < 64; i++, at += 2) {
				unsigned byte;
				sscanf(at, "%2x", &byte);
				block[i] = (unsigned char)byte;
			}
			mbedtls_internal_sha256_process(&context, block);
		}
		for (int i = 0; i < 8; i++)
			printf("%08lx", (unsigned long)context.state[i]);
		printf("\\n");
	}
	return 0;
}
`;

/** FIPS 180-4, 5.1.1. */
function pad(message: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(message.length) * 8n);
  const zeros = Buffer.alloc((((55 - message.length) % 64) + 64) % 64);
  return Buffer.concat([message, Buffer.from([0x80]), zeros, length]);
}

describe("SHA-256's block function", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-sha256-"));
  const program = join(folder, "harness");

  beforeAll(async () => {
    const harness = join(folder, "harness.c");
    writeFileSync(harness, HARNESS);
    const flags = [
      "-std=gnu11",
      "-O2",
      "-Wall",
      "-Wextra",
      "-Werror",
      ...mbedtlsFlags(root, loadBoard(root, "virt-a7")),
    ];
    const sources = [harness, join(import.meta.dirname, "sha256-block.c")];
    expect(await runCommand("gcc", [...flags, ...sources, "-o", program])).toMatchObject({ exitCode: 0 });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("agrees with Node on messages of every length up to 200 bytes, and on long ones", async () => {
    const lengths = [...Array.from({ length: 201 }, (_, length) => length), 1000, 4096, 20_000];
    const messages = lengths.map((length) =>
      createHash("shake256", { outputLength: length + 1 })
        .update(`${length}`)
        .digest()
        .subarray(1),
    );
    const { stdout } = await runCommand(program, [], {
      input: messages.map((each) => `${pad(each).toString("hex")}\n`).join(""),
    });
    expect(stdout.trim().split("\n")).toEqual(messages.map((each) => createHash("sha256").update(each).digest("hex")));
  });
});
