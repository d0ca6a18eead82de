/**
 * `holdfast device`: what a device says of itself, read with its own code out of its flash.
 *
 *     $ holdfast device slots --device device
 *     image    slot  class      version  counter  next       selected  refused
 *     root     a     confirmed  0.1.0+0        1  confirmed  yes
 *     root     b     empty
 *     runtime  a     confirmed  0.1.0+0        1  confirmed  yes
 *     runtime  b     test       0.1.1+0        1  test
 */
import { type Command, Option } from "commander";
import { toHex } from "../../../protocol/image/bytes.ts";
import { formatVersion } from "../../../protocol/image/version.ts";
import { DeviceFolder, type OpenPartition } from "../../device/device-folder.ts";
import { DeviceSlots, type SlotReport } from "../../device/device-slots.ts";
import {
  advanceLifecycle,
  type LifecycleReport,
  readCounters,
  readLifecycle,
  readLog,
} from "../../device/device-state.ts";
import type { CommandContext } from "../context.ts";

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  const device = program.command("device").description("show a device's identity, lifecycle, slots, counters and log");
  add(device, context, "show", "who the device is, and what it runs", show);
  add(device, context, "slots", "every slot: what it holds, and what the next boot makes of it", slots);
  add(device, context, "counters", "security counters, key epochs and erases", counters);
  add(device, context, "log", "boots, and the failures that the root of trust recorded", log);
  device
    .command("lifecycle")
    .description("show the lifecycle, or go one step forward for good")
    .requiredOption("-d, --device <folder>", "device that holdfast provision made")
    .addOption(new Option("--to <lifecycle>", "there is no way back").choices(["secured", "decommissioned"]))
    .addHelpText(
      "after",
      `
Secured closes the device: its console answers identity only, and evidence says so. Decommissioned destroys its secret:
it can never be that device again.

Examples:
  holdfast device lifecycle --device device
  holdfast device lifecycle --device device --to secured

Exit codes: 0 ok, 2 usage, device, or a step that there is not.`,
    )
    .action((options: { device: string; to?: "secured" | "decommissioned" }) => lifecycle(options, context));
}

type Show = (folder: DeviceFolder, open: OpenPartition, context: CommandContext) => void;

function add(device: Command, context: CommandContext, name: string, description: string, show: Show): void {
  device
    .command(name)
    .description(description)
    .requiredOption("-d, --device <folder>", "device that holdfast provision made")
    .addHelpText(
      "after",
      `\nExamples:\n  holdfast device ${name} --device device\n  holdfast device ${name} --device device --json\n\nExit codes: 0 ok, 2 device or file.`,
    )
    .action((options: { device: string }) => withFolder(options.device, context, show));
}

function withFolder(path: string, context: CommandContext, show: Show): void {
  const folder = new DeviceFolder(context.root, path);
  try {
    show(folder, folder.look(), context);
  } finally {
    folder.close();
  }
}

function show(folder: DeviceFolder, open: OpenPartition, { output }: CommandContext): void {
  const { record } = folder;
  const { lifecycle } = readLifecycle(open);
  const { boots, failures } = readLog(open);
  const found = new DeviceSlots(record, open);
  const versions = Object.fromEntries(
    (["root", "runtime"] as const).map((role) => {
      const next = found.next(role);
      return [role, next === undefined ? null : formatVersion(next.checked.version)];
    }),
  );
  output.line(`device     ${record.device}`);
  output.line(`board      ${record.board}`);
  output.line(`created    ${record.created}`);
  output.line(`lifecycle  ${lifecycle}`);
  output.line(`boots      ${boots}`);
  output.line(`failures   ${failures.length}`);
  for (const [role, version] of Object.entries(versions)) output.line(`${role.padEnd(9)}  ${version ?? "none"}`);
  output.result({ ...record, path: folder.path, lifecycle, boots, failures: failures.length, versions });
}

function slots({ record }: DeviceFolder, open: OpenPartition, { output }: CommandContext): void {
  const report = new DeviceSlots(record, open).report();
  output.table(
    [
      { title: "image" },
      { title: "slot" },
      { title: "class" },
      { title: "version" },
      { title: "counter", align: "right" },
      { title: "next" },
      { title: "selected" },
      { title: "refused" },
    ],
    report.map(({ role, slot, checked, next, isSelected, refused, class: found }) => [
      role,
      slot,
      found,
      checked === undefined ? "" : formatVersion(checked.version),
      checked === undefined ? "" : `${checked.securityCounter}`,
      next ?? "",
      isSelected ? "yes" : "",
      refused ?? "",
    ]),
  );
  output.result({ device: record.device, slots: report.map(describeSlot) });
}

function describeSlot({ role, slot, class: found, checked, refused, next, isSelected }: SlotReport): object {
  return {
    role,
    slot,
    class: found,
    next: next ?? null,
    selected: isSelected,
    refused: refused ?? null,
    image:
      checked === undefined
        ? null
        : {
            version: formatVersion(checked.version),
            securityCounter: checked.securityCounter,
            keyEpoch: checked.keyEpoch,
            digest: toHex(checked.verified.digest),
            key: toHex(checked.verified.key.keyHash),
            imageByteLength: checked.imageByteLength,
          },
  };
}

function counters({ record }: DeviceFolder, open: OpenPartition, { output }: CommandContext): void {
  const report = readCounters(new DeviceSlots(record, open));
  output.table(
    [{ title: "counter" }, { title: "value", align: "right" }],
    report.map(({ name, value }) => [name, `${value}`]),
  );
  output.result({
    device: record.device,
    counters: Object.fromEntries(report.map(({ name, value }) => [name, value])),
  });
}

function log({ record }: DeviceFolder, open: OpenPartition, { output }: CommandContext): void {
  const report = readLog(open);
  output.line(
    `boots ${report.boots}, failures not kept: ${report.dropped.root} root, ${report.dropped.runtime} runtime`,
  );
  output.table(
    [
      { title: "sequence", align: "right" },
      { title: "boot", align: "right" },
      { title: "ms", align: "right" },
      { title: "reporter" },
      { title: "cause" },
      { title: "repeats", align: "right" },
      { title: "delivered" },
      { title: "detail" },
    ],
    report.failures.map((each) => [
      `${each.sequence}`,
      `${each.boot}`,
      `${each.uptime}`,
      each.reporter,
      each.cause,
      `${each.repeats}`,
      each.delivered ? "yes" : "no",
      each.detail === null ? "" : JSON.stringify(each.detail),
    ]),
  );
  output.result({ device: record.device, ...report });
}

function lifecycle(options: { device: string; to?: "secured" | "decommissioned" }, context: CommandContext): void {
  const { output, root } = context;
  const folder = new DeviceFolder(root, options.device);
  try {
    const { to } = options;
    const report: LifecycleReport =
      to === undefined ? readLifecycle(folder.look()) : folder.change((open) => advanceLifecycle(open, to));
    output.line(`lifecycle   ${report.lifecycle}`);
    output.line(`secret      ${report.secret}`);
    output.line(
      `capability  ${report.capability === null ? "none stored" : `${report.capability.length / 2} bytes stored`}`,
    );
    output.result({ device: folder.record.device, ...report });
  } finally {
    folder.close();
  }
}
