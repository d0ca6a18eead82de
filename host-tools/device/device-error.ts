/** Why a device folder could not be made or used. */

/**
 * | code | meaning |
 * |---|---|
 * | device-missing | there is no device folder |
 * | device-exists | a device folder is never overwritten |
 * | device-record | device.json is not what provisioning writes |
 * | device-busy | an emulator or another tool is using the device |
 * | device-damaged | the device's own state cannot be read |
 * | console-silent | the root of trust did not answer at its console |
 * | console-refused | the root of trust answered a request at its console with an error |
 * | provision-failed | the first boot did not come up, or did not say who the device is |
 */
export type DeviceErrorCode =
  | "device-missing"
  | "device-exists"
  | "device-record"
  | "device-busy"
  | "device-damaged"
  | "console-silent"
  | "console-refused"
  | "provision-failed";

/** The message is one line: what was expected, what was found, where. */
export class DeviceError extends Error {
  override readonly name: string = "DeviceError";
  readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, expected: string, found: string, path: string) {
    super(`${path}: expected ${expected}, found ${found}`);
    this.code = code;
  }
}
