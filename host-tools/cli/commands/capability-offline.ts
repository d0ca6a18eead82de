/**
 * `holdfast capability digest` and `capability attach-signature`: signing where the key is.
 *
 *     $ holdfast capability create --device device --grant console --public-key hsm.pem --out unsigned.cap
 *     $ holdfast capability digest unsigned.cap --out digest.bin
 *     $ openssl pkeyutl -sign -inkey key.pem -in digest.bin -out sig.der
 *     $ holdfast capability attach-signature unsigned.cap --signature sig.der --public-key hsm.pem --out console.cap
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { CapabilityError } from "../../../protocol/capability/errors.ts";
import { toHex } from "../../../protocol/image/bytes.ts";
import { attachCapabilitySignature, capabilityDigest } from "../../capability/offline.ts";
import { readImageFile, writeImageFile } from "../../image/image-file.ts";
import { loadKey } from "../../keys/key-file.ts";
import { type CommandContext, CommandError } from "../context.ts";

/** Adds `capability digest` and `capability attach-signature`. */
export function registerCapabilityOffline(capability: Command, { output }: CommandContext): void {
  capability
    .command("digest")
    .description("write what a key is to sign of a capability file: 32 bytes")
    .argument("<file>", "file made with capability create --public-key")
    .requiredOption("-o, --out <file>", "file to write")
    .addHelpText(
      "after",
      "\nExamples:\n  holdfast capability digest unsigned.cap --out digest.bin\n  openssl pkeyutl -sign -inkey key.pem -in digest.bin -out sig.der\n\nExit codes: 0 ok, 1 no capability file, 2 file.",
    )
    .action((file: string, { out }: { out: string }) => {
      const digest = refusing(() => capabilityDigest(Uint8Array.from(readImageFile(file))));
      writeImageFile(out, digest);
      output.line(`digest    ${toHex(digest)}`);
      output.result({ digest: toHex(digest), file: out });
    });
  capability
    .command("attach-signature")
    .description("put a signature that was made elsewhere into a capability file, once it has verified")
    .argument("<file>", "file made with capability create --public-key")
    .requiredOption("-s, --signature <file>", "DER, or 64 bytes r and s")
    .requiredOption("-k, --public-key <file>", "the signer's key; only its public half is used")
    .requiredOption("-o, --out <file>", "file to write")
    .addHelpText(
      "after",
      "\nExamples:\n  holdfast capability attach-signature unsigned.cap --signature sig.der --public-key hsm.pem --out console.cap\n\nExit codes: 0 ok, 1 the signature is not this key's for this file, 2 usage, key or file.",
    )
    .action((file: string, options: { signature: string; publicKey: string; out: string }) => {
      const key = loadKey(resolve(options.publicKey));
      const [unsigned, signature] = [file, options.signature].map((path) => Uint8Array.from(readImageFile(path)));
      const signed = refusing(() =>
        attachCapabilitySignature(unsigned ?? new Uint8Array(), signature ?? new Uint8Array(), key),
      );
      writeImageFile(options.out, signed);
      output.line(`attached  ${options.out}: signed by ${toHex(key.keyHash)}`);
      output.result({ file: options.out, key: toHex(key.keyHash) });
    });
}

/** Turns a refusal into exit code 1. */
function refusing<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof CapabilityError) throw new CommandError(error.code, error.message, 1);
    throw error;
  }
}
