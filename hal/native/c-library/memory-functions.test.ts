import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../host-tools/setup/run-command.ts";

/** Compares with plain loops, for every length up to 70, every alignment and every overlap in reach; prints the first difference. */
const HARNESS = `
#include <stdint.h>
#include <stdio.h>

void* tested_memcpy(void*, const void*, size_t);
void* tested_memmove(void*, const void*, size_t);
void* tested_memset(void*, int, size_t);

enum { SIZE = 256, LENGTHS = 71 };
static _Alignas(16) uint8_t source[SIZE], found[SIZE], wanted[SIZE];

static void fill(void) {
	for (int i = 0; i < SIZE; i++) {
		source[i] = (uint8_t)(i * 7 + 1);
		found[i] = wanted[i] = (uint8_t)(i * 3 + 2);
	}
}

static int differs(const char* what, void* returned, int to, int from, int length) {
	for (int i = 0; i < SIZE; i++) {
		if ((found[i] != wanted[i]) || (returned != found + to)) {
			printf("%s to=%d from=%d length=%d at=%d", what, to, from, length, i);
			return 1;
		}
	}
	return 0;
}

int main(void) {
	uint8_t copy[SIZE];
	for (int length = 0; length < LENGTHS; length++) {
		for (int to = 0; to < 8; to++) {
			fill();
			for (int i = 0; i < length; i++)
				wanted[to + i] = 0xc5;
			if (differs("memset", tested_memset(found + to, 0x7c5, (size_t)length), to, 0, length))
				return 1;
			for (int from = 0; from < 8; from++) {
				fill();
				for (int i = 0; i < length; i++)
					wanted[to + i] = source[from + i];
				if (differs("memcpy", tested_memcpy(found + to, source + from, (size_t)length), to, from, length))
					return 1;
			}
		}
		for (int to = 60; to < 64; to++) {
			for (int from = 0; from < 130; from++) {
				fill();
				for (int i = 0; i < SIZE; i++)
					copy[i] = found[i];
				for (int i = 0; i < length; i++)
					wanted[to + i] = copy[from + i];
				if (differs("memmove", tested_memmove(found + to, found + from, (size_t)length), to, from, length))
					return 1;
			}
		}
	}
	printf("equal");
	return 0;
}
`;

describe("memcpy, memmove and memset of RV32", () => {
  it("do what plain loops do, at every alignment, and touch nothing else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-memory-"));
    try {
      const harness = join(folder, "harness.c");
      const program = join(folder, "harness");
      writeFileSync(harness, HARNESS);
      const renames = ["memcpy", "memmove", "memset"].map((name) => `-D${name}=tested_${name}`);
      const flags = ["-std=gnu11", "-Os", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-DHF_CPU_RV32=1"];
      const subject = join(import.meta.dirname, "memory-functions.c");
      const object = join(folder, "subject.o");
      expect(await runCommand("gcc", [...flags, ...renames, "-c", subject, "-o", object])).toMatchObject({
        exitCode: 0,
      });
      expect(await runCommand("gcc", [...flags, harness, object, "-o", program])).toMatchObject({ exitCode: 0 });
      expect((await runCommand(program, [])).stdout).toBe("equal");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
