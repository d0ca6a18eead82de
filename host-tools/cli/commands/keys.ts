/**
 * `holdfast keys`: makes and shows signing keys.
 *
 *     $ holdfast keys generate signing.pem
 *     made signing.pem (EC P-256, mode 0600)
 *     key hash  0e2d...9c41
 */
import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { toHex } from "../../../protocol/image/bytes.ts";
import type { SignatureAlgorithm } from "../../../protocol/image/profile.ts";
import { DEVELOPMENT_KEY_NAME, developmentKeyPath } from "../../keys/development.ts";
import { generateKey } from "../../keys/generate.ts";
import { type ImageKey, loadKey, publicPem } from "../../keys/key-file.ts";
import type { CommandContext } from "../context.ts";

const algorithmNames: Readonly<Record<SignatureAlgorithm, string>> = { "ecdsa-p256": "EC P-256", ed25519: "Ed25519" };

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("make and show the keys that sign images");
  keys
    .command("generate")
    .description("make a signing key: PKCS#8 PEM, readable by you only, never over an existing file")
    .argument("[file]", "where to write it (default: the development key)")
    .addOption(new Option("-t, --type <type>", "kind of key").choices(["p256", "ed25519"]).default("p256"))
    .addHelpText(
      "after",
      `
Examples:
  holdfast keys generate signing.pem                 EC P-256
  holdfast keys generate signing.pem --type ed25519

Exit codes: 0 ok, 2 the file exists or cannot be written.`,
    )
    .action((file: string | undefined, options: { type: string }) => {
      const path = keyPath(file, context);
      const key = generateKey(path, options.type === "ed25519" ? "ed25519" : "ecdsa-p256");
      context.output.line(`made ${shortPath(path)} (${algorithmNames[key.publicKey.algorithm]}, mode 0600)`);
      context.output.line(`key hash  ${toHex(key.keyHash)}`);
      context.output.result(describeKey(key));
    });
  keys
    .command("show")
    .description("show the public half of a key; never the private one")
    .argument("[file]", "private (PKCS#8) or public (SPKI) PEM (default: the development key)")
    .option("--pem", "print the public key as PEM and nothing else")
    .addHelpText(
      "after",
      `
Examples:
  holdfast keys show signing.pem
  holdfast keys show signing.pem --pem > public.pem
  holdfast keys show public.pem --json

Exit codes: 0 ok, 2 the file is missing or not a usable key.`,
    )
    .action((file: string | undefined, options: { pem?: boolean }) => {
      const { output } = context;
      const key = loadKey(keyPath(file, context));
      if (options.pem !== true) {
        output.line(`file       ${shortPath(key.path)}`);
        output.line(`algorithm  ${algorithmNames[key.publicKey.algorithm]}`);
        output.line(`private    ${key.privateKey === undefined ? "no" : "yes"}`);
        output.line(`key hash   ${toHex(key.keyHash)}`);
        output.line(`SPKI       ${toHex(key.spki)}`);
      }
      output.line(publicPem(key).trimEnd());
      output.result(describeKey(key));
    });
}

function keyPath(file: string | undefined, context: CommandContext): string {
  return file === undefined ? developmentKeyPath(context.root, DEVELOPMENT_KEY_NAME) : resolve(file);
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

/** A key for programs; the private half never appears. */
function describeKey(key: ImageKey): object {
  return {
    file: key.path,
    algorithm: key.publicKey.algorithm,
    private: key.privateKey !== undefined,
    keyHash: toHex(key.keyHash),
    spki: toHex(key.spki),
    publicPem: publicPem(key),
  };
}
