/** Part of the frozen root: objects that every machine sees and none may change. */

/** A shape with sides in any unit. */
export class Shape {
  static readonly kinds = 1;
  readonly width: number;
  readonly height: number;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
  }
}

/** Width times height. */
export function area({ width, height }: Shape): number {
  return width * height;
}

/** Shared data of several kinds. */
export const TABLE = Object.freeze({
  name: "shared",
  items: Object.freeze([1, 2, 3]),
  shape: Object.freeze(new Shape(3, 4)),
});
