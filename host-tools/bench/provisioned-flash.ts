/** Flash of a device that has started once: it is somebody, and every later boot costs the same. */
import type { BuildResult } from "../build/build.ts";
import { Emulator } from "../emulator/emulator.ts";
import { copyFlashFiles, type FlashFiles } from "../emulator/flash-image.ts";

const LIFE_MILLISECONDS = 120_000;

/** A device after its first boot. */
export interface ProvisionedFlash {
  readonly flash: FlashFiles;
  /** 32 bytes as hexadecimal. */
  readonly deviceId: string;
}

/**
 * Starts a device as the build made it until its runtime speaks.
 * @param folder receives the files
 * @throws EmulatorError
 */
export async function provisionedFlash({ board, flash }: BuildResult, folder: string): Promise<ProvisionedFlash> {
  const copies = copyFlashFiles(board, flash, folder);
  const emulator = await Emulator.start({ board, flash: copies, icount: true, timeoutMs: LIFE_MILLISECONDS });
  try {
    const line = await emulator.waitForLine((text) => / identity device=/.test(text), LIFE_MILLISECONDS);
    // What the root of trust writes at each boot is written by then.
    await emulator.waitForLine((text) => text.startsWith("holdfast root verified"), LIFE_MILLISECONDS);
    await emulator.waitForLine(isRuntimeLine, LIFE_MILLISECONDS);
    return { flash: copies, deviceId: /device=([0-9a-f]+)/.exec(line)?.[1] ?? "" };
  } finally {
    await emulator.cutPower();
  }
}

function isRuntimeLine(line: string): boolean {
  return line.startsWith("holdfast runtime start") || line.startsWith("bench ");
}
