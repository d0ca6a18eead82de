/** docs/measurements.md says what `npm run bench` measures, and is not far from what these sources need now. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { headlines, overhead } from "../../host-tools/bench/headline.ts";
import { type BoardMeasurements, measureBoard } from "../../host-tools/bench/measure.ts";
import { PAGE_PATH, renderMeasurements } from "../../host-tools/bench/measurements-page.ts";
import { boardNames } from "../../host-tools/build/board.ts";

const root = resolve(import.meta.dirname, "../..");
const AGAIN = "run `npm run bench -- --write` and look at the difference";
/** A number may drift this far before the page has to be made again. */
const TOLERANCE = 0.25;
/** Points that a share may drift, which is a small number itself. */
const POINTS = 3;

/** Only the words are compared: numbers and versions are those of another build or machine. */
function shape(page: string): string[] {
  const [measurements = ""] = page.split("\n## Made with");
  return measurements.split("\n").map((line) => line.replaceAll(/\d[\d,.]*/g, "0"));
}

describe("docs/measurements.md", () => {
  const page = readFileSync(join(root, PAGE_PATH), "utf8");
  const names = boardNames(root);
  const measured = new Map<string, BoardMeasurements>();

  beforeAll(async () => {
    for (const board of names) measured.set(board, await measureBoard({ root, board, progress: () => {} }));
  }, 300_000);

  it("has the tables that are measured today", () => {
    expect(shape(page), AGAIN).toEqual(
      shape(renderMeasurements(names.map((name) => measured.get(name) as BoardMeasurements))),
    );
  });

  it.each(names)("is at most a quarter off for %s", (board) => {
    const column = names.indexOf(board);
    for (const { name, value, unit } of headlines(measured.get(board) as BoardMeasurements)) {
      const row = page.split("\n").find((line) => line.startsWith(`| ${name} |`));
      const written = Number(row?.split("|")[3 + column]?.replaceAll(",", ""));
      const drift = unit === "%" ? POINTS : TOLERANCE * value;
      expect(Math.abs(written - value), `${name}: ${AGAIN}`).toBeLessThanOrEqual(drift);
    }
  });

  it.each(names)("boots %s with a policy that adds at most a quarter to hash and signature", (board) => {
    const { boot, largest } = measured.get(board) as BoardMeasurements;
    for (const { verifications } of [boot, largest]) {
      expect(overhead(verifications.rom)).toBeLessThanOrEqual(0.25);
      expect(overhead(verifications.root)).toBeLessThanOrEqual(0.25);
    }
  });
});
