/** A program that no module joins: its root holds what these tests mention, and they find all of it. */
import { write } from "native:console";
import { powerOff } from "native:cpu";
import { churn } from "./check.ts";
import { language } from "./language.ts";
import { library } from "./library.ts";
import { stripped } from "./stripped.ts";

function run(name: string, test: () => void): void {
  try {
    test();
    churn(200);
    test();
    write(`test pass ${name}\r\n`);
  } catch (error) {
    write(`test fail ${name} ${error instanceof Error ? error.stack?.split("\n").join(" ") : String(error)}\r\n`);
  }
}

export default function main(): void {
  for (const tests of [language, library, stripped]) {
    for (const name of Object.keys(tests)) run(name, tests[name] as () => void);
  }
  write("test done\r\n");
  powerOff(0);
}
