// Deny lists of regular expressions over lower-cased text, as PicoClaw has them
// (`custom_deny_patterns`). A shape that names a command becomes words, which no spelling slips
// past; the rest stays an expression.
import { z } from 'zod';
import { type ImportAnswer, ImportDraft } from './import-report.ts';
import { knownShape } from './import-shapes.ts';

const Exec = z.object({
  enable_deny_patterns: z.boolean().optional(),
  custom_deny_patterns: z.array(z.unknown()).optional(),
  custom_allow_patterns: z.array(z.unknown()).optional(),
});
const Config = z.object({ tools: z.object({ exec: Exec }) });

/** Reads a config.json, its `exec` part, or plain text with one expression a line. */
export function importRegexes(text: string): ImportAnswer {
  const draft = new ImportDraft();
  if (!/^\s*[[{]/.test(text)) {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    importAll(
      lines.filter((line) => line !== '' && !line.startsWith('#')),
      draft,
    );
    return { ok: true, report: draft.report() };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `this is not the JSON of a config.json: ${why}` };
  }
  const exec = execPart(value);
  if (exec === null) {
    const problem =
      'there is no custom_deny_patterns in it: they stand under tools.exec of PicoClaw’s config.json';
    return { ok: false, problem };
  }
  importAll(exec.custom_deny_patterns ?? [], draft);
  for (const pattern of exec.custom_allow_patterns ?? []) {
    const why =
      'it exempts text from the deny list; here deny always wins, and allow rules are words: write what it is about as allow rules';
    draft.lose(`allow: ${String(pattern)}`, why);
  }
  if (exec.enable_deny_patterns === false) {
    draft.remark('enable_deny_patterns is false: there these patterns were switched off.');
  }
  draft.remark(
    'PicoClaw’s own built-in patterns are not in its file, so they are not here either.',
  );
  return { ok: true, report: draft.report() };
}

function execPart(value: unknown): z.infer<typeof Exec> | null {
  if (Array.isArray(value)) return { custom_deny_patterns: value };
  const whole = Config.safeParse(value);
  const part = whole.success ? whole : null;
  if (part !== null) return part.data.tools.exec;
  const alone = Exec.safeParse(value);
  return alone.success && alone.data.custom_deny_patterns !== undefined ? alone.data : null;
}

function importAll(patterns: readonly unknown[], draft: ImportDraft): void {
  for (const pattern of patterns) {
    if (typeof pattern === 'string') importRegex(pattern, draft);
    else draft.lose(`deny: ${JSON.stringify(pattern)}`, 'an expression is a text');
  }
}

function importRegex(source: string, draft: ImportDraft): void {
  const from = `deny: ${source}`;
  const shape = knownShape(source);
  if (shape !== null) {
    for (const pattern of shape.patterns) {
      draft.add({ from, effect: 'deny', pattern, note: shape.note });
    }
    return;
  }
  // PicoClaw matches lower-cased text, so an expression with capitals never fits there.
  const flags = /\(\?[a-z]*i/.test(source) ? '' : '(?i)';
  const inner = /^(?:\\\$[({]|`|\\\$\\\()/.test(source);
  const note = inner
    ? 'kept as an expression over the text; what stands inside a substitution is read and judged here, so it may be more than is needed'
    : /[A-Z]/.test(source.replace(/\\./g, ''))
      ? 'kept as an expression over the text; with its capitals it never fitted there'
      : 'kept as an expression over the text: it names no command, or in a form that is not known';
  draft.add({ from, effect: 'deny', pattern: `/${flags}${source}/`, note });
}
