// `Read(...)` and `Edit(...)` of Claude Code as rules about files: gitignore patterns with anchors
// of their own. What the two languages do not share is denied more widely, and allowed not at all.
import type { Effect } from '../bus/messages.ts';
import type { ImportDraft } from './import-report.ts';

export interface FileRule {
  readonly from: string;
  readonly effect: Effect;
  readonly access: 'read' | 'write';
  /** What is between the brackets; null for the bare tool. */
  readonly specifier: string | null;
  readonly in: string | null;
  /** The directory that `/path` begins at, absolute; null where nobody knows. */
  readonly root: string | null;
}

const ELSEWHERE =
  'which directory /path begins at depends on where the settings file stands: name it with --root';

/** Adds what a rule becomes to the draft. */
export function importFiles(rule: FileRule, draft: ImportDraft): boolean {
  const text = rule.specifier?.trim() ?? '//**';
  if (text.startsWith('!')) {
    return draft.lose(rule.from, 'an exception: deny always wins here, so there are none');
  }
  const anchored = anchor(text, rule.root);
  if (anchored === null) return draft.lose(rule.from, ELSEWHERE);
  return rule.effect === 'allow'
    ? importAllow(rule, anchored, draft)
    : importStrict(rule, anchored, draft);
}

/** `//a` is `/a`, `/a` is below the root, `./a` is `a` at the top of the working directory. */
function anchor(text: string, root: string | null): string | null {
  if (text.startsWith('//')) return text.slice(1);
  if (text.startsWith('~/')) return text;
  if (text.startsWith('/')) return root === null ? null : `${root === '/' ? '' : root}${text}`;
  return text;
}

function importAllow(rule: FileRule, text: string, draft: ImportDraft): boolean {
  if (/[[\]\\]/.test(text)) {
    return draft.lose(rule.from, 'sets of characters and escapes do not exist here: use * or ?');
  }
  const verb = rule.access;
  const path = text.replace(/^(?:\*\*\/)+(?=[^/]+$)/, '').replace(/^\.\/(?=.*\/)/, '');
  // `./x` means one file; a name without a slash would mean it at any depth.
  if (/^\.\/[^/]+$/.test(path)) {
    if (rule.root === null) {
      const why = `${path} means one file: name its directory with --root, or write its whole path`;
      return draft.lose(rule.from, why);
    }
    return draft.add({ ...rule, pattern: written(verb, `${rule.root}/${path.slice(2)}`) });
  }
  const whole = path.endsWith('/') ? `${path}**` : path;
  const note = verb === 'write' ? 'also what allowed commands redirect there' : null;
  return draft.add({ ...rule, pattern: written(verb, whole), note });
}

function importStrict(rule: FileRule, text: string, draft: ImportDraft): boolean {
  const plain = text
    .replace(/\\(.)/g, '$1')
    .replace(/\[[^\]]*\]/g, '?')
    .replace(/^\.\//, '')
    .replace(/(?:\*\*\/)+/g, '**/');
  const wider = /[[\\]/.test(text)
    ? 'stricter: ? stands for a set of characters or an escape'
    : null;
  const verbs: ('read' | 'write')[] =
    rule.access === 'read' && rule.effect === 'deny' ? ['read', 'write'] : [rule.access];
  for (const verb of verbs) {
    for (const path of everywhere(plain)) {
      draft.add({ ...rule, pattern: written(verb, path), note: wider });
    }
  }
  return true;
}

/** A name is that file and whatever a directory of that name holds, at the depths of gitignore. */
function everywhere(text: string): string[] {
  const path = text.replace(/\/+$/, '');
  const relative = !/^[/~]/.test(path);
  const name = path.replace(/^(?:\*\*\/)+/, '');
  if (relative && !name.includes('/')) return [name, `${name}/**`, `**/${name}/**`];
  const folder = /^[^/]+\/\*\*$/.test(name);
  const starts = relative && (folder || name !== path) ? [name, `**/${name}`] : [path];
  // A `/**/` there is also no directory at all.
  const all = starts.flatMap(withoutDirectories);
  const below = all.filter((one) => !one.endsWith('/**')).map((one) => `${one}/**`);
  return [...new Set([...all, ...below])];
}

// Each `/**/` as it stands and as a single slash; with very many of them only all at once.
function withoutDirectories(path: string): string[] {
  const [first = '', ...rest] = path.split('/**/');
  if (rest.length > 4) return [path, path.replaceAll('/**/', '/')];
  return rest.reduce(
    (found, part) => found.flatMap((one) => [`${one}/**/${part}`, `${one}/${part}`]),
    [first],
  );
}

/** Blanks and quotes are quoted, wildcards stay outside of the quotes. */
function written(verb: 'read' | 'write', path: string): string {
  const quoted = path.replace(/\s+|["']/g, (piece) => (piece === '"' ? `'"'` : `"${piece}"`));
  return `${verb} ${quoted}`;
}

/** What Claude Code never writes without asking, whatever is allowed (September 2026). */
const PROTECTED_FOLDERS =
  '.git .config/git .vscode .idea .husky .cargo .devcontainer .yarn .mvn .claude'.split(' ');
const PROTECTED_FILES = (
  '.gitconfig .gitmodules .bashrc .bash_profile .zshrc .zprofile .profile .envrc .npmrc ' +
  '.ripgreprc .mcp.json .claude.json lefthook.yml'
).split(' ');

/** Rules that go with allowed edits. */
export function addProtected(draft: ImportDraft, directory: string | null): void {
  const folders = PROTECTED_FOLDERS.map((name) => `write /**/${name}/**`);
  const files = PROTECTED_FILES.map((name) => `write ${name}`);
  for (const pattern of [...folders, ...files]) {
    const from = 'what Claude Code asks for although edits are allowed';
    draft.add({ from, effect: 'ask', pattern, in: directory });
  }
}
