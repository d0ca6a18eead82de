/** The measurement log grows, closes, and never changes. */
import { describe, expect, it } from "vitest";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { componentOf, type SoftwareComponent } from "../../protocol/eat/software-component.ts";
import { IdentityError } from "./errors.ts";
import { MeasurementLog } from "./measurements.ts";

function component(fill: number, type = "runtime"): SoftwareComponent {
  return { type, value: new Uint8Array(32).fill(fill), version: "1.2.3", signer: new Uint8Array(32).fill(9) };
}

describe("MeasurementLog", () => {
  it("keeps components in order", () => {
    const log = new MeasurementLog();
    log.append(component(1, "root-of-trust"));
    log.append(component(2));
    expect(log.components()).toEqual([component(1, "root-of-trust"), component(2)]);
    expect(log.length).toBe(2);
  });

  it("does not change when what was appended, or read, changes", () => {
    const log = new MeasurementLog();
    const appended = component(1);
    log.append(appended);
    appended.value.fill(0);
    appended.signer.fill(0);
    const [read] = log.components();
    read?.value.fill(0);
    log.encoded().fill(0);
    (log.components() as SoftwareComponent[]).length = 0;
    expect(log.components()).toEqual([component(1)]);
  });

  it("takes nothing after it was closed", () => {
    const log = new MeasurementLog();
    log.close();
    log.close();
    expect(() => log.append(component(1))).toThrow(expect.objectContaining({ code: "log-closed" }));
    expect(log.length).toBe(0);
  });

  it("takes eight components", () => {
    const log = new MeasurementLog();
    for (let index = 0; index < 8; index++) log.append(component(index));
    expect(() => log.append(component(8))).toThrow(expect.objectContaining({ code: "log-full" }));
    expect(log.length).toBe(8);
  });

  it.each<[string, Partial<SoftwareComponent>]>([
    ["an empty type", { type: "" }],
    ["a type of 33 characters", { type: "x".repeat(33) }],
    ["a version with a control character", { version: "1\n2" }],
    ["a short measurement", { value: new Uint8Array(31) }],
    ["a long signer", { signer: new Uint8Array(64) }],
  ])("refuses %s", (_name, change) => {
    const log = new MeasurementLog();
    expect(() => log.append({ ...component(1), ...change })).toThrow(IdentityError);
    expect(log.length).toBe(0);
  });

  it("is read by the runtime as the claim's CBOR", () => {
    const log = new MeasurementLog();
    log.append(component(1));
    const items = decodeCbor(log.encoded());
    expect(Array.isArray(items) && items.map(componentOf)).toEqual([component(1)]);
  });
});
