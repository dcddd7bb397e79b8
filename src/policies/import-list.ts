// Short lists of allowed and denied commands (`policies: { allow: [...], deny: [...] }`), in YAML
// or JSON. There an entry speaks of any command that begins with it; what Countersign knows better
// to refuse is told.
import { isMap, isScalar, isSeq, parseDocument, type Scalar } from 'yaml';
import type { Effect } from '../bus/messages.ts';
import { type ImportAnswer, ImportDraft } from './import-report.ts';
import { readPattern } from './pattern.ts';

const LISTS: readonly (readonly [key: string, effect: Effect])[] = [
  ['deny', 'deny'],
  ['blocked', 'deny'],
  ['ask', 'ask'],
  ['allow', 'allow'],
];
/** Where the lists stand, besides at the top. */
const AROUND = ['policies', 'permissions'];

/** Reads the text of such a file. */
export function importLists(text: string): ImportAnswer {
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    return { ok: false, problem: `this is neither YAML nor JSON: ${error.message.split('\n')[0]}` };
  }
  const draft = new ImportDraft();
  let found = false;
  for (const [key, effect] of LISTS) {
    for (const path of [[key], ...AROUND.map((around) => [around, key])]) {
      const list = isMap(document.contents) ? document.getIn(path, true) : undefined;
      if (list === undefined || (isScalar(list) && list.value === null)) continue;
      if (!isSeq(list))
        return { ok: false, problem: `${path.join('.')} is not a list of patterns` };
      found = true;
      for (const item of list.items) importItem(item, effect, draft);
    }
  }
  if (found) return { ok: true, report: draft.report() };
  const problem =
    'there is no list in it: `allow:` and `deny:` are expected, alone or under `policies:`';
  return { ok: false, problem };
}

function importItem(item: unknown, effect: Effect, draft: ImportDraft): void {
  if (!isScalar(item) || typeof item.value !== 'string') {
    draft.lose(`${effect}: ${String(item)}`, 'a pattern is a text: put it in quotes');
    return;
  }
  const text = item.value.trim();
  const from = `${effect}: ${text}`;
  if (/^[A-Z]\w*\(.*\)$/s.test(text)) {
    draft.lose(from, 'it is a rule of Claude Code: import the file with --from claude-code');
    return;
  }
  if (effect === 'allow') importAllow(text, from, draft);
  else draft.add({ from, effect, pattern: text, note: strictNote(item, text) });
}

/** An entry there covers whatever begins with it; a lone trailing `*` says so here. */
function importAllow(text: string, from: string, draft: ImportDraft): void {
  const { pattern, problem } = readPattern(text);
  const open = problem === null && pattern.kind === 'command' && !pattern.command.rest;
  const note = 'no wildcard covers options that run, load or write something else';
  if (/^\*?\s*\d?>\s*\/dev\/null$/.test(text)) {
    draft.lose(from, 'no rule is needed: output to /dev/null is always harmless here');
  } else if (open && !text.includes('*')) {
    draft.add({ from, effect: 'allow', pattern: `${text} *`, note });
  } else {
    const wild = pattern.kind === 'command' && text.includes('*');
    draft.add({ from, effect: 'allow', pattern: text, note: wild ? note : null });
  }
}

/** A comment that speaks of review means a person, which lists of two kinds cannot say. */
function strictNote(item: Scalar, text: string): string | null {
  const comment = `${item.comment ?? ''} ${item.commentBefore ?? ''}`;
  if (/review|approv|confirm|\bask\b/i.test(comment)) {
    return `its comment (${comment.trim()}) speaks of a person: change it to ask: ${text} if that is meant`;
  }
  return null;
}
