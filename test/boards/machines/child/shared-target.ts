/** Receives an object of the frozen root: by reference or as a copy, its contents are what they were. */

/** @throws Error when they are not. */
export default function run({ table }: { table: { name: string; items: number[] } }): void {
  if (table.name !== "shared" || table.items.length !== 3) throw new Error("expected the shared table, found another");
}
