/** The rules of the console, each taken away in turn by a change of its source. */
import type { Weakening } from "../../host-tools/powerfail/simulator.ts";

const server = "bootloader/console/console-server.ts";
const session = "bootloader/console/console-session.ts";

/** `replace` is what a hurried change could have written. */
export const WEAKENED_RULES: readonly Weakening[] = [
  {
    rule: "the policy decides",
    path: server,
    find: "!lifecycle.policy.commands.includes(kind)",
    replace: "lifecycle.policy.commands.length === 0",
  },
  {
    rule: "what tells more than who the device is asks for a grant",
    path: server,
    find: 'return "inspect";',
    replace: 'return "identity";',
  },
  {
    rule: "going forward in the lifecycle asks for a grant",
    path: server,
    find: 'return body?.get("to") === "decommissioned" ? "service" : "manufacture";',
    replace: 'return "identity";',
  },
  {
    rule: "there are no commands but those of the table",
    path: server,
    find: "      return undefined;\n  }\n}\n\nfunction endOf",
    replace: '      return "identity";\n  }\n}\n\nfunction endOf',
  },
  {
    rule: "a file for one boot ends with it",
    path: "bootloader/lifecycle/capability-control.ts",
    find: 'if (verified.use === "one-boot") return verified;',
    replace: "",
  },
  {
    rule: "noise makes no session longer",
    path: session,
    find: "this.#byte = port.read();",
    replace: "if (this.#byte >= 0) this.#until = port.uptime() + NEXT_REQUEST; this.#byte = port.read();",
  },
  {
    rule: "a packet with a wrong CRC is none",
    path: "protocol/smp/frame.ts",
    find: "return crc16(message) === found ? message : undefined;",
    replace: "return found < 0 ? undefined : message;",
  },
];
