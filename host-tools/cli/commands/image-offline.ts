/**
 * `holdfast image digest` and `image attach-signature`: signing where the key is, such as OpenSSL on another machine or an HSM.
 *
 *     $ holdfast image digest unsigned.img --out digest.bin
 *     $ openssl pkeyutl -sign -inkey key.pem -in digest.bin -out sig.der
 *     $ holdfast image attach-signature unsigned.img --signature sig.der --public-key key.pem --out signed.img
 *     attached  signed.img: 1 signature, 4321 bytes
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { toHex } from "../../../protocol/image/bytes.ts";
import { readImageFile, writeImageFile } from "../../image/image-file.ts";
import { attachSignature, readUnsignedImage } from "../../image/offline.ts";
import { loadKey } from "../../keys/key-file.ts";
import type { CommandContext } from "../context.ts";
import { refusing } from "./image-options.ts";

/** Adds `image digest` and `image attach-signature`. */
export function registerOffline(image: Command, context: CommandContext): void {
  image
    .command("digest")
    .description("write what a key is to sign: the SHA-256 of the image's signed region, 32 bytes")
    .argument("<image>", "unsigned image, or one that is to get another signature")
    .requiredOption("-o, --out <file>", "file to write")
    .addHelpText(
      "after",
      `
EC P-256 signs these 32 bytes as the digest that they are; Ed25519 signs them as its message.

Examples:
  holdfast image digest unsigned.img --out digest.bin
  openssl pkeyutl -sign -inkey p256.pem -in digest.bin -out sig.der
  openssl pkeyutl -sign -inkey ed25519.pem -rawin -in digest.bin -out sig.bin

Exit codes: 0 ok, 1 not a well-formed image, 2 file.`,
    )
    .action((path: string, { out }: { out: string }) => {
      const { digest, region, signatures } = refusing(undefined, () => readUnsignedImage(readImageFile(path)));
      writeImageFile(out, digest);
      context.output.line(`digest    ${toHex(digest)}`);
      context.output.result({
        digest: toHex(digest),
        signedByteLength: region.length,
        signatures: signatures.length,
        file: out,
      });
    });
  image
    .command("attach-signature")
    .description("attach a signature that was made elsewhere, once it has verified")
    .argument("<image>", "unsigned image, or one that is to get another signature")
    .requiredOption("-s, --signature <file>", "EC P-256: DER, or 64 bytes r and s; Ed25519: 64 bytes")
    .requiredOption("-k, --public-key <file>", "the signer's key; only its public half is used")
    .requiredOption("-o, --out <file>", "file to write")
    .addHelpText(
      "after",
      `
Examples:
  holdfast image attach-signature unsigned.img --signature sig.der --public-key key.pem --out signed.img

Exit codes: 0 ok, 1 the signature is not this key's for this image, 2 usage, key or file.`,
    )
    .action((path: string, options: { signature: string; publicKey: string; out: string }) => {
      const { output } = context;
      const key = loadKey(resolve(options.publicKey));
      const unsigned = readImageFile(path);
      const signature = Uint8Array.from(readImageFile(options.signature));
      const signed = refusing(undefined, () => attachSignature(unsigned, signature, key));
      writeImageFile(options.out, signed);
      const { digest, signatures } = readUnsignedImage(signed);
      const count = signatures.length === 1 ? "1 signature" : `${signatures.length} signatures`;
      output.line(`attached  ${options.out}: ${count}, ${signed.length} bytes`);
      output.line(`digest    ${toHex(digest)}`);
      output.line(`key hash  ${toHex(key.keyHash)} (${key.path})`);
      output.result({
        image: options.out,
        digest: toHex(digest),
        keyHashes: signatures.map(({ keyHash }) => toHex(keyHash)),
        imageByteLength: signed.length,
      });
    });
}
