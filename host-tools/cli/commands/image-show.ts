/**
 * `holdfast image show`: what an image holds, field by field.
 *
 *     $ holdfast image show runtime.img
 *     version    1.2.3+4
 *     ...
 *     counter    7
 */
import type { Command } from "commander";
import { hexNumber, toHex } from "../../../protocol/image/bytes.ts";
import { readImageFile } from "../../image/image-file.ts";
import { inspectImage } from "../../image/inspect.ts";
import { listKeys } from "../../keys/key-ring.ts";
import type { CommandContext } from "../context.ts";
import { refusing } from "./image-options.ts";

/** Adds `image show`. */
export function registerShow(image: Command, context: CommandContext): void {
  image
    .command("show")
    .description("show what an image holds; trusts and proves nothing")
    .argument("<image>", "file to read")
    .addHelpText(
      "after",
      `
Examples:
  holdfast image show runtime.img
  holdfast image show runtime.img --json

Exit codes: 0 ok, 1 not a well-formed image, 2 file.`,
    )
    .action((path: string) => {
      const { output, root } = context;
      const report = refusing(undefined, () => inspectImage(readImageFile(path)));
      const flags = report.flags.length === 0 ? "none" : report.flags.join(", ");
      output.line(`version    ${report.version}`);
      output.line(`flags      ${flags}`);
      output.line(`address    ${hexNumber(report.loadAddress)}`);
      output.line(`header     ${report.headerByteLength} bytes`);
      output.line(`payload    ${report.payloadByteLength} bytes`);
      output.line(`signed     ${report.signedByteLength} bytes, ${report.protectedByteLength} of them TLVs`);
      output.line(`image      ${report.imageByteLength} bytes`);
      output.line(`digest     ${report.digest}${report.digestMatches ? "" : " (not the one recorded)"}`);
      for (const { keyHash, name, purpose, epoch } of signers(report.keyHashes, root)) {
        const known = name === null ? "" : ` (${name}: ${purpose ?? "any purpose"}, epoch ${epoch})`;
        output.line(`key hash   ${keyHash}${known}`);
      }
      if (report.securityCounter !== null) output.line(`counter    ${report.securityCounter}`);
      if (report.vendorId !== null) output.line(`vendor     ${report.vendorId}`);
      if (report.classId !== null) output.line(`class      ${report.classId}`);
      if (report.bootRecord !== null)
        output.line(`record     ${report.bootRecord.softwareType} ${report.bootRecord.version}`);
      for (const dependency of report.dependencies) output.line(`needs      ${dependency}`);
      output.line();
      output.table(
        [
          { title: "area" },
          { title: "type", align: "right" },
          { title: "name" },
          { title: "offset", align: "right" },
          { title: "bytes", align: "right" },
          { title: "value" },
        ],
        report.tlvs.map((tlv) => [
          tlv.area,
          hexNumber(tlv.type),
          tlv.name,
          hexNumber(tlv.offset),
          `${tlv.length}`,
          tlv.value.length > 48 ? `${tlv.value.slice(0, 45)}...` : tlv.value,
        ]),
      );
      output.result({ ...report, signers: signers(report.keyHashes, root) });
    });
}

/** Key hashes and what the folder of keys knows of them. */
function signers(keyHashes: readonly string[], root: string): readonly Signer[] {
  const known = listKeys(root);
  return keyHashes.map((keyHash) => {
    const found = known.find(({ key }) => toHex(key.keyHash) === keyHash);
    return {
      keyHash,
      name: found?.name ?? null,
      purpose: found?.key.purpose ?? null,
      epoch: found?.key.epoch ?? null,
    };
  });
}

interface Signer {
  readonly keyHash: string;
  readonly name: string | null;
  readonly purpose: string | null;
  readonly epoch: number | null;
}
