/** Which modules of a runtime hold hardware. */
import { describe, expect, it } from "vitest";
import { authorityModules } from "./frozen-root.ts";

const moduleOf = (name: string, ...imports: string[]) => ({ name, path: `${name}.xsb`, imports });

describe("authorityModules", () => {
  it("follows imports to native modules, in whatever order the modules come", () => {
    const modules = [
      moduleOf("runtime", "board", "text"),
      moduleOf("board", "window", "driver"),
      moduleOf("window", "native:registers"),
      moduleOf("driver", "text"),
      moduleOf("text"),
      moduleOf("native:registers"),
    ];
    expect([...authorityModules(modules)].sort()).toEqual(["board", "native:registers", "runtime", "window"]);
  });

  it("finds none where nothing is native", () => {
    expect([...authorityModules([moduleOf("driver", "text"), moduleOf("text")])]).toEqual([]);
  });
});
