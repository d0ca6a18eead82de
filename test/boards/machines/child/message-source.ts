/** Makes a message of every kind that marshalling carries. */

/** The message. */
export default function run(): unknown {
  return {
    text: "grüße",
    number: 1.5,
    integer: -7,
    flag: true,
    nothing: null,
    list: [1, "two", [3]],
    bytes: new Uint8Array([1, 2, 250]).buffer,
    date: new Date(86_400_000),
    map: new Map([["key", 1]]),
    set: new Set([1, 2]),
    failure: new RangeError("as data"),
  };
}
