/**
 * `holdfast keys`: makes, lists and hands out the keys that sign images, packages and capability files.
 *
 *     $ holdfast keys list
 *     name                       purpose        epoch  algorithm  private  revoked  key hash
 *     development-root-image     root-image         0  EC P-256   yes      no       0e2d...9c41
 *     development-runtime-image  runtime-image      0  EC P-256   yes      no       77ab...e012
 */
import { existsSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { toHex } from "../../../protocol/image/bytes.ts";
import type { SignatureAlgorithm } from "../../../protocol/image/profile.ts";
import { developmentKeyName } from "../../keys/development.ts";
import { generateKey } from "../../keys/generate.ts";
import { type ImageKey, loadKey, publicPem, trustedKeyText } from "../../keys/key-file.ts";
import { KEY_PURPOSES, type KeyPurpose } from "../../keys/key-label.ts";
import { keysFor, listKeys } from "../../keys/key-ring.ts";
import { keyPath } from "../../keys/keys-folder.ts";
import { revokeKey, trustKey, writePublicKey } from "../../keys/trust.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { parseUnsigned } from "./image-options.ts";

const algorithmNames: Readonly<Record<SignatureAlgorithm, string>> = { "ecdsa-p256": "EC P-256", ed25519: "Ed25519" };

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("make, list and hand out the keys that sign");
  registerCreate(keys, context);
  registerList(keys, context);
  registerShow(keys, context);
  registerExport(keys, context);
  registerTrust(keys, context);
}

interface CreateOptions {
  readonly purpose: KeyPurpose;
  readonly epoch: number;
  readonly type: string;
}

const purposeOption = (): Option =>
  new Option("-p, --purpose <purpose>", "what the key signs").choices(KEY_PURPOSES).makeOptionMandatory();

function registerCreate(keys: Command, context: CommandContext): void {
  keys
    .command("create")
    .description("make a key: PKCS#8 PEM, readable by you only, never over an existing file")
    .argument("[name|file]", "name in the folder of keys, or a file ending in .pem (default: the development key)")
    .addOption(purposeOption())
    .option("-e, --epoch <number>", "confirmed images of a newer epoch revoke older keys", parseUnsigned, 0)
    .addOption(new Option("-t, --type <type>", "kind of key").choices(["p256", "ed25519"]).default("p256"))
    .addHelpText(
      "after",
      `
Builds trust every key of the folder for its purpose, and sign with the private one of the newest epoch.

Examples:
  holdfast keys create --purpose runtime-image                    the development key, epoch 0
  holdfast keys create runtime-2 --purpose runtime-image --epoch 1
  holdfast keys create /media/stick/root.pem --purpose root-image

Exit codes: 0 ok, 2 the file exists or cannot be written.`,
    )
    .action((named: string | undefined, { purpose, epoch, type }: CreateOptions) => {
      const path = pathOf(named ?? developmentKeyName(purpose), context);
      const algorithm = type === "ed25519" ? "ed25519" : "ecdsa-p256";
      const key = generateKey(path, algorithm, { purpose, epoch, revoked: false });
      context.output.line(`made ${shortPath(path)} (${algorithmNames[algorithm]}, ${purpose}, epoch ${epoch})`);
      context.output.line(`key hash  ${toHex(key.keyHash)}`);
      context.output.result(describeKey(key));
    });
}

function registerList(keys: Command, context: CommandContext): void {
  keys
    .command("list")
    .description("list the folder of keys: what builds trust, and what they sign with")
    .addHelpText("after", "\nExamples:\n  holdfast keys list\n  holdfast keys list --json\n\nExit codes: 0 ok, 2 file.")
    .action(() => {
      const { output, root } = context;
      const listed = listKeys(root);
      output.table(
        [
          { title: "name" },
          { title: "purpose" },
          { title: "epoch", align: "right" },
          { title: "algorithm" },
          { title: "private" },
          { title: "revoked" },
          { title: "key hash" },
        ],
        listed.map(({ name, key }) => [
          name,
          key.purpose ?? "-",
          `${key.epoch}`,
          algorithmNames[key.publicKey.algorithm],
          yesNo(key.privateKey !== undefined),
          yesNo(key.revoked),
          toHex(key.keyHash),
        ]),
      );
      output.result({ keys: listed.map(({ name, key }) => ({ name, ...describeKey(key) })) });
    });
}

function registerShow(keys: Command, context: CommandContext): void {
  keys
    .command("show")
    .description("show the public half of a key; never the private one")
    .argument("<name|file>", "name in the folder of keys, or a private (PKCS#8) or public (SPKI) PEM file")
    .addHelpText(
      "after",
      `
Examples:
  holdfast keys show development-app
  holdfast keys show public.pem --json

Exit codes: 0 ok, 2 the file is missing or not a usable key.`,
    )
    .action((named: string) => {
      const { output } = context;
      const key = loadKey(pathOf(named, context));
      output.line(`file       ${shortPath(key.path)}`);
      output.line(`purpose    ${key.purpose ?? "none"}`);
      output.line(`epoch      ${key.epoch}`);
      output.line(`algorithm  ${algorithmNames[key.publicKey.algorithm]}`);
      output.line(`private    ${yesNo(key.privateKey !== undefined)}`);
      output.line(`revoked    ${yesNo(key.revoked)}`);
      output.line(`key hash   ${toHex(key.keyHash)}`);
      output.line(`SPKI       ${toHex(key.spki)}`);
      output.result(describeKey(key));
    });
}

function registerExport(keys: Command, context: CommandContext): void {
  keys
    .command("export")
    .description("give out the public half of a key as PEM, under the lines that say what it is for")
    .argument("<name|file>", "name in the folder of keys, or a PEM file")
    .option("-o, --out <file>", "file to write, never over an existing one (default: standard output)")
    .addHelpText(
      "after",
      `
Examples:
  holdfast keys export development-app > app-public.pem
  holdfast keys export runtime-2 --out runtime-2-public.pem

Exit codes: 0 ok, 2 the file is missing, not a usable key, or exists.`,
    )
    .action((named: string, options: { out?: string }) => {
      const { output } = context;
      const key = loadKey(pathOf(named, context));
      if (options.out === undefined) output.line(publicPem(key).trimEnd());
      else {
        writePublicKey(resolve(options.out), key);
        output.line(`wrote ${shortPath(resolve(options.out))}`);
      }
      output.result(describeKey(key));
    });
}

interface TrustOptions {
  readonly purpose?: KeyPurpose;
  readonly epoch?: number;
  readonly as?: string;
  readonly revoke?: boolean;
}

function registerTrust(keys: Command, context: CommandContext): void {
  keys
    .command("trust")
    .description("show what builds trust; add a public key that is held elsewhere; revoke a key")
    .argument("[name|file]", "PEM file to add, or with --revoke the name of a key of the folder")
    .addOption(new Option("-p, --purpose <purpose>", "what the key signs, or which keys to show").choices(KEY_PURPOSES))
    .option("-e, --epoch <number>", "epoch of a key whose file does not say", parseUnsigned)
    .option("--as <name>", "name in the folder of keys (default: the file's)")
    .option("--revoke", "list the key as revoked in every build from now on")
    .addHelpText(
      "after",
      `
A device refuses images of a revoked key once it runs a root of trust that was built after this, and images of older
epochs once it has confirmed one of a newer.

Examples:
  holdfast keys trust --json                                        as builds compile it in
  holdfast keys trust hsm.pem --purpose root-image --as root-hsm    only the public half is stored
  holdfast keys trust runtime-1 --revoke

Exit codes: 0 ok, 2 key, name or file.`,
    )
    .action((named: string | undefined, options: TrustOptions) => {
      if (named === undefined) showTrust(options, context);
      else if (options.revoke === true) {
        const key = revokeKey(keyPath(context.root, named));
        context.output.line(`revoked ${shortPath(key.path)}: builds from now on list it as such`);
        context.output.result(describeKey(key));
      } else addTrust(named, options, context);
    });
}

function showTrust(options: TrustOptions, { output, root }: CommandContext): void {
  if (options.revoke === true)
    throw new CommandError("usage", "expected the name of a key with --revoke, found none (see --help)");
  const purposes = options.purpose === undefined ? KEY_PURPOSES : [options.purpose];
  const trusted = purposes.map((purpose) => ({
    purpose,
    ...keysFor(root, purpose, (line) => output.warn(line)),
  }));
  output.table(
    [
      { title: "purpose" },
      { title: "epoch", align: "right" },
      { title: "signs" },
      { title: "revoked" },
      { title: "key hash" },
    ],
    trusted.flatMap(({ purpose, signer, trusted: each }) =>
      each.map((key) => [purpose, `${key.epoch}`, yesNo(key === signer), yesNo(key.revoked), toHex(key.keyHash)]),
    ),
  );
  output.result(
    Object.fromEntries(trusted.map(({ purpose, trusted: each }) => [purpose, each.map((key) => trustedKeyText(key))])),
  );
}

function addTrust(file: string, options: TrustOptions, { output, root }: CommandContext): void {
  const key = loadKey(resolve(file));
  const purpose = options.purpose ?? key.purpose;
  if (purpose === undefined)
    throw new CommandError("usage", `expected --purpose for ${file}, which does not say, found none (see --help)`);
  const label = { purpose, epoch: options.epoch ?? key.epoch, revoked: key.revoked };
  const added = trustKey(keyPath(root, options.as ?? basename(file, ".pem")), key, label);
  output.line(`added ${shortPath(added.path)}: builds trust it for ${purpose}, epoch ${added.epoch}`);
  output.line(`key hash  ${toHex(added.keyHash)}`);
  output.result(describeKey(added));
}

/** A name is looked up in the folder of keys; anything that looks like a path, or is one, is a path. */
function pathOf(named: string, { root }: CommandContext): string {
  const isName = /^[A-Za-z0-9_-]{1,64}$/.test(named);
  return isName && !existsSync(resolve(named)) ? keyPath(root, named) : resolve(named);
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** A key for programs; the private half never appears. */
function describeKey(key: ImageKey): object {
  return {
    file: key.path,
    purpose: key.purpose ?? null,
    epoch: key.epoch,
    revoked: key.revoked,
    algorithm: key.publicKey.algorithm,
    private: key.privateKey !== undefined,
    keyHash: toHex(key.keyHash),
    spki: toHex(key.spki),
    publicPem: publicPem(key),
  };
}
