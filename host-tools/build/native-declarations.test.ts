/** Tests of reading native declaration files. */
import fastCheck from "fast-check";
import { describe, expect, it } from "vitest";
import { NativeDeclarationError, parseNativeDeclarations } from "./native-declarations.ts";

function parse(text: string, module = "native:cpu") {
  return parseNativeDeclarations(module, text, "cpu.d.ts");
}

describe("parseNativeDeclarations", () => {
  it("reads functions in order and skips types, interfaces and comments", () => {
    const text = `
			/** The processor. */
			import type { Registers } from "../../interfaces/registers.ts";
			// export function hidden(): void;
			export interface Counter extends Base<{ a: (x: number) => void }> { read(this: Counter): number; }
			type Names = { [key: string]: "a;b" | 'c' };
			export type Handler = (value: number) => void;
			export function instructions(): number;
			export function open(this: void, prototype: Registers, base: number, byteLength?: number,): Registers;
			export declare function each<T>(items: Array<Map<string, T>>, handler: (item: T, index: number) => void): { count: number };
		`;
    expect(parse(text)).toEqual([
      { module: "native:cpu", function: "instructions", symbol: "native_cpu_instructions", parameterCount: 0 },
      { module: "native:cpu", function: "open", symbol: "native_cpu_open", parameterCount: 3 },
      { module: "native:cpu", function: "each", symbol: "native_cpu_each", parameterCount: 2 },
    ]);
  });

  it("makes a C name of a module name with a dash", () => {
    expect(parse("export function a(): void;", "native:event-loop")[0]?.symbol).toBe("native_event_loop_a");
  });

  it.each([
    ["export const a: number;", 'cpu.d.ts:1: expected an exported function, type or interface, found "const"'],
    ["\n\nexport class A {}", 'cpu.d.ts:3: expected an exported function, type or interface, found "class"'],
    ["export default function a(): void;", 'found "default"'],
    ["export {};", 'found "{"'],
    ["declare function a(): void;", 'expected export, found "function"'],
    ['import { a } from "./a.ts";', 'expected "type" after "import"'],
    ["export function a({ b }: B): void;", "the name of a parameter"],
    ["export function a(b): void;", '":" and the type of b'],
    ["export function a() { return 1; }", '":" and the result type of a'],
    [
      "export function a(): void;\nexport function a(b: number): void;",
      "cpu.d.ts:2: expected one declaration of a, found two",
    ],
    ["export function a(): void", 'expected ";", found the end of the file'],
    ["export type A = `a`;", "expected a declaration"],
  ])("refuses %j", (text, message) => {
    expect(() => parse(text)).toThrow(NativeDeclarationError);
    expect(() => parse(text)).toThrow(message);
  });

  it("throws nothing but NativeDeclarationError", () => {
    const part = fastCheck.constantFrom(
      "export",
      "function",
      "type",
      "interface",
      "import",
      "a",
      "(",
      ")",
      "{",
      "}",
      "<",
      ">",
      ":",
      ";",
      ",",
      "=>",
      "=",
      "...",
      '"x"',
      "/*",
      "*/",
      "//",
      "\n",
      "`",
      "declare",
      "1",
    );
    fastCheck.assert(
      fastCheck.property(fastCheck.array(part, { maxLength: 14 }), (parts) => {
        try {
          parse(parts.join(" "));
        } catch (error) {
          expect(error).toBeInstanceOf(NativeDeclarationError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
