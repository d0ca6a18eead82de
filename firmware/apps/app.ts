/** What the runtime asks of an app's entry module. */
import type { BoardDevices } from "../../hal/interfaces/board.ts";

/**
 * The default export of an app's entry module.
 *
 * @param device what the app may use; it keeps what it opens
 * @returns the app's name: 1 to 64 letters, digits, `-` and `_`
 */
export type AppEntry = (device: BoardDevices) => string;
