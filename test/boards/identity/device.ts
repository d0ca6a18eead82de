/** A device that attests in the tests: the same on the board and on the host, so that both must give the same bytes. */
import { MeasurementLog } from "../../../bootloader/identity/measurements.ts";

/** What it measured and says, but for the secret. */
export function deviceOf() {
  const filled = (value: number): Uint8Array => new Uint8Array(32).fill(value);
  const component = { type: "root-of-trust", value: filled(1), version: "1.0.0", signer: filled(2) };
  const measurement = { component, securityCounter: 3, lifecycle: "secured", authorities: [filled(2)] } as const;
  const log = new MeasurementLog();
  log.append(component);
  log.append({ ...component, type: "runtime", version: "2.0.0" });
  log.close();
  const options = { log, bootSeed: filled(6), lifecycle: "secured", implementationId: filled(8) } as const;
  return { measurement, options };
}
