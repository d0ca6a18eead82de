/** Reads the decision table of design note 0010 and answers from it alone, without the code that it describes. */
import table from "../../bootloader/slots/fixtures/decision-table.json" with { type: "json" };

/** What a slot reads as, in the table's words. */
export interface TableSlot {
  readonly erase: string;
  readonly header: string;
  readonly confirm: string;
  readonly magic: string;
  readonly tries: string;
}

/** What decides between two slots, in the table's words. */
export interface TableChoice {
  readonly selection: string;
  /** The slot of the higher version; anything else when they are equal. */
  readonly higher: string;
}

type Row = Readonly<Record<string, string>>;

/** Outcomes, which are no conditions. */
const RESULTS: readonly string[] = ["class", "order", "then"];

function firstRow(rows: readonly Row[], facts: Row): Row {
  const row = rows.find((candidate) =>
    Object.entries(candidate).every(([key, value]) => RESULTS.includes(key) || facts[key] === value),
  );
  if (row === undefined) throw new Error(`expected a row for ${JSON.stringify(facts)}, found none`);
  return row;
}

/** The class of a slot. */
export function classByTable(slot: TableSlot): string {
  return firstRow(table.classes as unknown as readonly Row[], { ...slot }).class as string;
}

/** Slots in the order in which they are tried, such as `["b", "a"]`. */
export function orderByTable(a: string, b: string, choice: TableChoice): readonly string[] {
  const kind = (slotClass: string): string => (table.starts.never.includes(slotClass) ? "never" : slotClass);
  const facts = { a: kind(a), b: kind(b), ...choice };
  const order = firstRow(table.choice as unknown as readonly Row[], facts).order as string;
  return order === "" ? [] : order.split(" ");
}

/** What is done with a slot whose turn it is. */
export function startByTable(facts: { kind: string; base: string; image: string }): string {
  return firstRow(table.start as unknown as readonly Row[], facts).then as string;
}
