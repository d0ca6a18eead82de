/** Applies to one file the rules that hold where it lies. */

import {
  checkBigInt,
  checkErrorProperties,
  checkEvaluation,
  checkModuleState,
  checkRegularExpressions,
  checkStringify,
  type Report,
} from "./device-rules.ts";
import type { Finding } from "./finding.ts";
import { checkImports, layerOf } from "./import-rules.ts";
import { nameProblem } from "./name-rules.ts";
import { lineAt, parseSource, type SourceFile } from "./source-file.ts";

/** `// lint-allow <rule>: <reason>` on the line of a finding or on the line before it. The reason is not optional. */
const allowance = /^\s*lint-allow ([a-z-]+): \S/;

function isAllowed(source: SourceFile, rule: string, line: number): boolean {
  return source.comments.some((comment) => {
    if (allowance.exec(comment.value)?.[1] !== rule) return false;
    const commentLine = lineAt(source.text, comment.start);
    return commentLine === line || commentLine === line - 1;
  });
}

/** All findings of one file. `path` is relative to the repository's root, with `/`. */
export function checkSource(path: string, text: string): readonly Finding[] {
  const findings: Finding[] = [];
  const name = nameProblem(path);
  if (name !== undefined) findings.push({ rule: "name", path, line: 1, message: name });
  if (!path.endsWith(".ts") || path.endsWith(".test.ts")) return findings;
  const source = parseSource(path, text);
  const report: Report = (rule, node, message) => {
    const line = lineAt(text, node.start);
    if (!isAllowed(source, rule, line)) findings.push({ rule, path, line, message });
  };
  if (!/^(\/\*\*|\/\/)/.test(text)) {
    report("file-header", source.program, "expected one sentence that says what the file is for, found none");
  }
  checkImports(source, report);
  if (layerOf(path)?.device !== true) return findings;
  if (!path.endsWith(".d.ts")) checkModuleState(source, report);
  checkRegularExpressions(source, report);
  checkEvaluation(source, report);
  checkErrorProperties(source, report);
  checkStringify(source, report);
  if (path.startsWith("bootloader/") || path.startsWith("hal/")) checkBigInt(source, report);
  return findings;
}
