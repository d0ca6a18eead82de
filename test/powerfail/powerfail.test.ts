import { describe, expect, it } from "vitest";
import { joinReports, type PowerfailReport } from "../../host-tools/powerfail/report.ts";
import { runPowerfail, scenarioNames } from "./powerfail-run.ts";
import { SCENARIOS } from "./scenarios.ts";

describe("power-fail simulator", () => {
  it("finds no violation with every single cut, some pairs and some lives", () => {
    const report = runPowerfail({ seed: 1, isLong: false });
    expect(report.examples).toEqual([]);
    expect(report.violations).toBe(0);
    expect(report.scenarios.map(({ name }) => name)).toEqual(scenarioNames());
    expect(report.cases).toBeGreaterThan(20_000);
    expect(report.pairCuts).toBeGreaterThan(4_000);
    expect(report.lifeCuts).toBeGreaterThan(400);
    expect(report.worstBoots).toBeLessThanOrEqual(3);
  }, 240_000);

  it.each([4, 16])("finds none with write units of %i bytes", (unit) => {
    const scenarios = ["update", "counter-leap"];
    const report = runPowerfail({ seed: 2, isLong: false, units: [unit], scenarios });
    expect(report.examples).toEqual([]);
    expect(report.cases).toBeGreaterThan(1_500);
  });

  it("tries the same cases when it is given the same seed, and others with another", () => {
    const run = (seed: number) => {
      const { seconds, ...report } = runPowerfail({ seed, isLong: false, scenarios: ["first-boot", "lives"] });
      expect(seconds).toBeGreaterThan(0);
      return report;
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5).lifeCuts).not.toBe(run(6).lifeCuts);
  });

  it("finds the same when two threads share a run", () => {
    const scenarios = ["first-boot", "revert", "log-reset", "log-lives"];
    const run = (share?: { readonly index: number; readonly of: number }) =>
      runPowerfail({ seed: 5, isLong: false, scenarios, share });
    const { seconds, ...whole } = run();
    expect(seconds).toBeGreaterThan(0);
    const joined = joinReports([run({ index: 0, of: 2 }), run({ index: 1, of: 2 })]);
    const byName = (report: Pick<PowerfailReport, "scenarios">) =>
      [...report.scenarios].sort((left, right) => left.name.localeCompare(right.name));
    expect(joined).toMatchObject({ cases: whole.cases, singleCuts: whole.singleCuts, violations: 0 });
    expect(byName(joined)).toEqual(byName(whole));
  });

  it("ends when its time is up", () => {
    const report = runPowerfail({ seed: 1, isLong: true, seconds: 0.2 });
    expect(report.seconds).toBeLessThan(2);
  });

  it("refuses a scenario that it does not have", () => {
    expect(() => runPowerfail({ seed: 1, isLong: false, scenarios: ["sunshine"] })).toThrow(RangeError);
  });

  it("has scenarios with names of their own", () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  });
});
