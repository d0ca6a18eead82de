/** How tests run on Node: the same module names as on the device, two workers, no emulator left behind by a hung test. */

import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

const paths: Record<string, readonly string[]> = JSON.parse(
  readFileSync(new URL("./tsconfig.json", import.meta.url), "utf8"),
).compilerOptions.paths;

/** `embedded:` names resolve as for tsc. `native:` names are C functions, so importing one on Node says what to do instead. */
function deviceModules(): Plugin {
  return {
    name: "holdfast-device-modules",
    enforce: "pre",
    resolveId(specifier) {
      if (specifier.startsWith("native:")) return `\0${specifier}`;
      const [target] = paths[specifier] ?? [];
      return target === undefined ? null : new URL(target, import.meta.url).pathname;
    },
    load(id) {
      if (!id.startsWith("\0native:")) return null;
      const name = id.slice(1);
      const message = `${name} exists only on a board: pass the hardware in as an argument, or use vi.mock("${name}", ...) in this test`;
      return `throw new Error(${JSON.stringify(message)});`;
    },
  };
}

export default defineConfig({
  plugins: [deviceModules()],
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "build/**"],
    pool: "forks",
    maxWorkers: 2,
    // Two cores shared with compilers and emulators: generous, since a timeout says nothing about the code. Board tests set their own.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
