// The programs whose rules can be carried over, and how their texts are read. Where a settings file
// stands decides what some of its rules mean.
import { basename, dirname } from 'node:path';
import { type ClaudeCodePlace, importClaudeCode } from './import-claude-code.ts';
import { importLists } from './import-list.ts';
import { importRegexes } from './import-regexes.ts';
import type { ImportAnswer } from './import-report.ts';

export const IMPORT_SOURCES = ['claude-code', 'list', 'picoclaw'] as const;
export type ImportSource = (typeof IMPORT_SOURCES)[number];

/** What each is called in a sentence. */
export const SOURCE_NAMES: Readonly<Record<ImportSource, string>> = {
  'claude-code': 'Claude Code',
  list: 'lists of patterns',
  picoclaw: 'PicoClaw',
};

/** Reads the rules of another program. */
export function importText(
  source: ImportSource,
  text: string,
  place: ClaudeCodePlace,
): ImportAnswer {
  switch (source) {
    case 'claude-code':
      return importClaudeCode(text, place);
    case 'list':
      return within(importLists(text), place);
    case 'picoclaw':
      return within(importRegexes(text), place);
    default:
      return source satisfies never;
  }
}

/** The rules for one directory alone, where one is named. */
function within(answer: ImportAnswer, place: ClaudeCodePlace): ImportAnswer {
  if (!answer.ok || place.in === null) return answer;
  const rules = answer.report.rules.map((rule) => ({ ...rule, in: place.in }));
  return { ok: true, report: { ...answer.report, rules } };
}

/**
 * What the place of a settings.json means: a project's holds in that project, a person's
 * everywhere. `path` is absolute; `home` the person's.
 */
export function placeOf(path: string, home: string): ClaudeCodePlace {
  const folder = dirname(path);
  if (!/^settings(?:\.local)?\.json$/.test(basename(path)) || basename(folder) !== '.claude') {
    return { root: folder, in: null };
  }
  const project = dirname(folder);
  if (project === home) return { root: folder, in: null };
  return { root: project, in: `${project === '/' ? '' : project}/**` };
}
