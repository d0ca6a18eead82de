/** Checks the message of message-source.ts after it crossed from another machine. */

interface Message {
  readonly text: string;
  readonly number: number;
  readonly integer: number;
  readonly flag: boolean;
  readonly nothing: null;
  readonly list: readonly unknown[];
  readonly bytes: ArrayBuffer;
  readonly date: Date;
  readonly map: Map<string, number>;
  readonly set: Set<number>;
  readonly failure: Error;
}

/** @throws Error naming the first member that did not arrive. */
export default function run(message: Message): void {
  const bytes = new Uint8Array(message.bytes);
  const checks: Record<string, boolean> = {
    text: message.text === "grüße",
    number: message.number === 1.5,
    integer: message.integer === -7,
    flag: message.flag === true,
    nothing: message.nothing === null,
    list: message.list.length === 3 && (message.list[2] as number[])[0] === 3,
    bytes: bytes.length === 3 && bytes[2] === 250,
    date: message.date.getTime() === 86_400_000,
    map: message.map.get("key") === 1,
    set: message.set.has(2) && message.set.size === 2,
    failure: message.failure instanceof RangeError && message.failure.message === "as data",
  };
  for (const [name, arrived] of Object.entries(checks)) if (!arrived) throw new Error(`${name} did not arrive`);
}
