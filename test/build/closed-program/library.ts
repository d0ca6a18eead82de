/** Built-ins that are mentioned here, and therefore stay. */
import { check, mustThrow, type Tests } from "./check.ts";

export const library: Tests = Object.freeze({
  arrays: () => {
    const items = [5, 3, 9, 1];
    check("sort", [...items].sort((a, b) => a - b).join() === "1,3,5,9");
    check("iterate", items.filter((each) => each > 2).reduce((sum, each) => sum + each, 0) === 17);
    check("search", items.includes(9) && items.indexOf(7) === -1 && items.find((each) => each < 4) === 3);
    check("every", items.every((each) => each > 0) && !items.some((each) => each > 9));
    check("change", items.splice(1, 2).join() === "3,9" && items.concat([8]).length === 3);
    check(
      "flat",
      [[1], [2, 3]].flat().length === 3 && Array.from({ length: 3 }, (_, index) => index).join() === "0,1,2",
    );
    check("entries", [...["a", "b"].entries()].map(([at, text]) => `${at}${text}`).join() === "0a,1b");
    check("is", Array.isArray(items) && !Array.isArray({ length: 1 }));
  },
  bytes: () => {
    const bytes = Uint8Array.from([1, 2, 3, 250]);
    bytes.set([7, 8], 1);
    check("set", bytes.join() === "1,7,8,250" && bytes.subarray(1, 3).length === 2 && bytes.slice(2)[1] === 250);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    check("view", view.getUint16(0) === 0x0107 && view.getUint32(0, true) === 0xfa080701);
    bytes.fill(0x1ff, 3);
    check("wrap", bytes[3] === 0xff && new Uint8Array(bytes.buffer.slice(1, 3)).length === 2);
    mustThrow("a view beyond", () => {
      try {
        return view.getUint32(1);
      } catch (error) {
        throw error instanceof RangeError ? new TypeError("as it should be") : error;
      }
    });
  },
  texts: () => {
    const text = "Holdfast, root of trust";
    check("parts", text.split(", ").length === 2 && text.slice(0, 4) === "Hold" && text.startsWith("root", 10));
    check("characters", text.charCodeAt(0) === 72 && String.fromCharCode(104, 102) === "hf" && text.at(-1) === "t");
    check("change", "ab".padStart(4, "0") === "00ab" && "x".repeat(3) === "xxx" && " y ".trim() === "y");
    check("case", text.toUpperCase().includes("ROOT OF"));
    check("walk", [..."h\u{1F512}"].length === 2);
    check("compare", "a" < "b" && "10" < "9");
  },
  numbers: () => {
    check("text", (255).toString(16) === "ff" && (0.5).toString() === "0.5" && (1e21).toString() === "1e+21");
    check("parse", Number("0x10") === 16 && Number.isSafeInteger(2 ** 53 - 1) && Number.isInteger(5));
    check("math", Math.max(1, 4, 2) === 4 && Math.floor(-1.5) === -2 && Math.min(3, 2) === 2 && Math.trunc(1.9) === 1);
  },
  collections: () => {
    const map = new Map<string, number>([
      ["a", 1],
      ["b", 2],
    ]);
    map.set("c", 3).delete("a");
    check("map", map.size === 2 && [...map.keys()].join() === "b,c" && map.get("c") === 3 && !map.has("a"));
    const set = new Set([1, 2, 2]);
    check("set", set.size === 2 && [...set].join() === "1,2");
  },
  json: () => {
    const back = JSON.parse('{"a":[1,{"b":null}],"c":"d"}') as { a: unknown[]; c: string };
    check("parse", back.a.length === 2 && back.c === "d");
    check("stringify", JSON.stringify({ x: [1, "y"], z: true }) === '{"x":[1,"y"],"z":true}');
  },
  objects: () => {
    const frozen = Object.freeze({ a: 1, b: 2 });
    mustThrow("write", () => {
      (frozen as { a: number }).a = 2;
    });
    check(
      "list",
      Object.entries(frozen)
        .map(([name, value]) => name + value)
        .join() === "a1,b2",
    );
    check("assign", Object.assign({}, frozen, { c: 3 }).c === 3 && Object.hasOwn(frozen, "a"));
    const lazy = Object.defineProperty({}, "late", { get: () => 5 }) as { late: number };
    check("accessor", lazy.late === 5);
  },
});
