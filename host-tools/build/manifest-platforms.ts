/** Chooses the parts of `platforms` that apply to a board. */
import type { JsonObject, JsonValue } from "./json-text.ts";
import { describeFound, ManifestError } from "./manifest-error.ts";
import { type ManifestSection, readSection } from "./manifest-section.ts";

const PLATFORM_KEY = /^(?:\.\.\.|(?:\*|[A-Za-z0-9_.-]+)(?:\/(?:\*|[A-Za-z0-9_.-]+))?)$/;

/**
 * The platform parts for a board, from the general to the special: `board`, `board` with any sub-platform, any
 * board with `sub`, `board/sub`; `...` stands in when none of them exists.
 *
 * @param platforms the manifest's `platforms` value
 * @param platform `board` or `board/sub`
 * @param file manifest path, for messages
 * @throws ManifestError for everything wrong with any part, unused ones too
 */
export function matchingPlatforms(platforms: JsonValue | undefined, platform: string, file: string): ManifestSection[] {
  const parts = new Map<string, ManifestSection>();
  if (platforms === undefined) return [];
  if (!isObject(platforms))
    throw new ManifestError("invalid-value", file, `platforms: expected an object, found ${describeFound(platforms)}`);
  for (const [name, part] of Object.entries(platforms)) {
    if (!PLATFORM_KEY.test(name))
      throw new ManifestError(
        "invalid-value",
        file,
        `platforms: expected a name such as "board", "board/sub", "board/*", "*/sub" or "...", found ${JSON.stringify(name)}`,
      );
    if (!isObject(part))
      throw new ManifestError(
        "invalid-value",
        file,
        `platforms.${name}: expected an object, found ${describeFound(part)}`,
      );
    parts.set(name, readSection(part, file, `platforms.${name}.`));
  }
  const [board = "", sub] = platform.split("/");
  const candidates = sub === undefined ? [board] : [board, `${board}/*`, `*/${sub}`, `${board}/${sub}`];
  const found = candidates.filter((name) => parts.has(name));
  if (found.length === 0) found.push("...");
  return found.flatMap((name) => {
    const part = parts.get(name);
    return part === undefined ? [] : [part];
  });
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
