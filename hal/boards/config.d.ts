/** The module `mc/config` of an image: its manifest's `config` and what the build adds to it. */

/** One row of board.json's devices. */
export interface DeviceConfig {
  readonly base: number;
  readonly byteLength: number;
  /** Number in the interrupt controller's own numbering; null when the device has none. */
  readonly interrupt: number | null;
}

/** One partition of board.json. Addresses are physical. */
export interface PartitionConfig {
  readonly base: number;
  readonly byteLength: number;
  /** The smallest part of it that can be erased. */
  readonly blockByteLength: number;
}

/** A public key that may sign images. */
export interface KeyConfig {
  readonly spki: string;
  readonly keyHash: string;
  readonly revoked: boolean;
  /** A confirmed image of a newer epoch revokes it. */
  readonly epoch: number;
}

/** Who may sign an image, and for what. */
export interface TrustConfig {
  readonly keys: readonly KeyConfig[];
  /** 16 bytes as hexadecimal. */
  readonly vendorId: string;
  readonly classId: string;
  /** Address of the image's header where it runs, by its slot. */
  readonly runAddress: { readonly a: number; readonly b: number };
}

declare const config: {
  readonly version: string;
  readonly board: {
    readonly name: string;
    readonly devices: Readonly<Record<string, DeviceConfig>>;
    readonly partitions: Readonly<Record<string, PartitionConfig>>;
    /** Ticks per second of the hardware timer, and its interrupt. */
    readonly timer: { readonly frequency: number; readonly interrupt: number };
  };
  /** What a stage asks of the images that it starts or installs; the runtime has none. */
  readonly trust: Readonly<Partial<Record<"root" | "runtime", TrustConfig>>> & {
    /** Who may sign capability files for single devices; the root of trust's only. */
    readonly capability?: readonly KeyConfig[];
  };
};
export default config;
