// What a wildcard covers on git: the everyday subcommands, and of their options none that runs a
// program, loads configuration or writes elsewhere. An unknown subcommand may be an alias.
import type { ReadWord } from './word.ts';

const GLOBAL_FLAGS = new Set([
  '--no-pager',
  '-P',
  '--no-optional-locks',
  '--literal-pathspecs',
  '--glob-pathspecs',
  '--icase-pathspecs',
  '--no-replace-objects',
  '--version',
]);

/** Covered by a wildcard in the place of the subcommand, too. */
const EVERYDAY = new Set(
  (
    'status log diff show branch add commit checkout switch restore stash tag fetch pull push ' +
    'merge reset rm mv blame annotate grep shortlog describe rev-parse rev-list ls-files ls-tree ' +
    'ls-remote cat-file remote cherry-pick revert reflog cherry count-objects name-rev merge-base ' +
    'show-ref for-each-ref show-branch whatchanged range-diff version diff-tree diff-files ' +
    'diff-index check-ignore check-attr verify-commit verify-tag fsck'
  ).split(' '),
);

/** Their arguments are covered once the rule names them. */
const NAMED = new Set(
  'clone init worktree rebase format-patch gc clean apply am sparse-checkout'.split(' '),
);

/** Further verbs that a rule has to name, with the ones that are harmless under a wildcard. */
const WITH_VERB: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    submodule: new Set(['status', 'summary']),
    config: new Set(['--get', '--get-all', '--list', '-l', 'get', 'list']),
    bisect: new Set(['log', 'good', 'bad', 'skip', 'reset', 'start']),
    notes: new Set(['list', 'show']),
    worktree: new Set(['list']),
    lfs: new Set(['ls-files', 'status']),
  }),
);

/** Verbs of `git remote` that change nothing of where things are sent. */
const REMOTE_LOOKS = new Set(['-v', '--verbose', 'show', 'get-url', 'update', 'prune']);

const WRITES_AT_OPERAND = /^(?:clone|worktree|init|format-patch)$/;

const LONG_DANGERS = (
  'output ext-diff textconv upload-pack receive-pack exec template config config-env ' +
  'separate-git-dir reference reference-if-able interactive edit edit-description ' +
  'reedit-message file no-index pathspec-from-file strategy contents ignore-revs-file ' +
  'exclude-from open-files-in-pager git-dir work-tree exec-path attr-source super-prefix ' +
  'recurse-submodules remote output-directory output-indicator-file global system ' +
  'signed-by-program trailer-command server-option patch tool extcmd dirstat-file ' +
  'exclude-per-directory filters help bundle-uri editor object-dir unsafe-paths directory'
).split(' ');

/** Whole options that begin like a dangerous one or are its harmless kin. */
const LONG_SAFE = new Set(
  (
    'exclude exclude-standard no-edit no-ext-diff no-textconv patch-with-stat patch-with-raw ' +
    'edit=no remotes remove renames strategy-option recursive ref refs global-pathspecs ' +
    'diff-filter filter directory-only template-none no-patch'
  ).split(' '),
);

const SHORT_DANGERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    grep: 'Of',
    rebase: 'xis',
    add: 'iep',
    commit: 'FcteCp',
    tag: 'F',
    merge: 'Fse',
    'cherry-pick': 'e',
    revert: 'e',
    clone: 'uc',
    'ls-files': 'X',
    pull: 's',
    'format-patch': 'o',
    clean: 'i',
    checkout: 'p',
    stash: 'p',
    reset: 'p',
    restore: 'p',
    blame: 'S',
    annotate: 'S',
    log: 'O',
    show: 'O',
    diff: 'O',
    'ls-remote': '',
  }),
);
/** Letters that take the rest of the word as their value. */
const SHORT_VALUES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    commit: 'm',
    tag: 'm',
    merge: 'm',
    stash: 'm',
    grep: 'eABCm',
    log: 'nSGL',
    diff: 'SGU',
    show: 'SGU',
    'cherry-pick': 'm',
    clone: 'bo',
    push: 'o',
  }),
);

/** Why the words that the rule does not name itself are not covered, or null. */
export function gitDanger(
  words: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  let i = 1;
  for (; i < words.length; i++) {
    const word = words[i] as ReadWord;
    if (word.text === null) return 'a subcommand of git that is not known before it runs';
    if (!word.text.startsWith('-')) break;
    if (GLOBAL_FLAGS.has(word.text)) continue;
    if (!literal.has(word)) return globalReason(word.text);
    if (/^(?:-c|-C|--git-dir|--work-tree|--namespace|--exec-path|--config-env)$/.test(word.text)) {
      const value = words[++i];
      if (value && !literal.has(value)) return globalReason(word.text);
    }
  }
  const sub = words[i];
  if (sub === undefined) return null;
  const args = words.slice(i + 1);
  if (sub.text === 'stash' && args[0]?.text === 'show') {
    return argumentsDanger('show', args.slice(1), literal);
  }
  return subcommandDanger(sub, args, literal) ?? argumentsDanger(sub.text ?? '', args, literal);
}

function globalReason(option: string): string {
  return `git ${option} can run other programs or another repository's configuration: a wildcard does not cover it`;
}

function subcommandDanger(
  sub: ReadWord,
  args: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  const name = sub.text ?? '';
  if (EVERYDAY.has(name)) return null;
  if (NAMED.has(name) && literal.has(sub)) return null;
  const verbs = WITH_VERB.get(name);
  const only = args.length === 1 ? (args[0]?.text ?? '') : '';
  if (name === 'config' && /^[a-z][\w-]*(?:\.[\w-]+)+$/i.test(only)) return null;
  if (verbs !== undefined && (args.length === 0 || verbs.has(args[0]?.text ?? ''))) {
    if (name !== 'config' || args.length === 2 || args.length === 1) return null;
  }
  return `git ${name} can run other programs or is not a subcommand that is known: a wildcard does not cover it`;
}

function argumentsDanger(
  sub: string,
  args: readonly ReadWord[],
  literal: ReadonlySet<ReadWord>,
): string | null {
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as ReadWord;
    if (i > 0 && word.single && takesNext(sub, args[i - 1]?.text ?? '')) continue;
    if (word.text === null) {
      if (!word.mayBeOption) continue;
      return 'a word of git is not known before it runs and could be an option';
    }
    const option = dangerousOption(sub, word.text);
    if (option !== null) {
      const next = args[i + 1];
      if (literal.has(word) && (word.text.includes('=') || !next || literal.has(next))) continue;
      return `git ${sub} ${option} can run a program, load or write files: a wildcard does not cover it`;
    }
    if (literal.has(word)) continue;
    if (/^[a-z0-9+.-]*::/i.test(word.text)) return 'a transport of git can be a program';
    if (WRITES_AT_OPERAND.test(sub) && /^\/|(?:^|\/)\.\.(?:\/|$)/.test(word.text)) {
      return `git ${sub} could write at ${word.text}`;
    }
    if (sub === 'remote' && i === 0 && !REMOTE_LOOKS.has(word.text)) {
      return `git remote ${word.text} can change where this repository is sent`;
    }
    if (sub === 'stash' && /^(?:drop|clear)$/.test(word.text)) return 'git stash throws work away';
  }
  return null;
}

/** Letters whose value always is the next word, when nothing is glued to them. */
const NEXT_VALUES: ReadonlyMap<string, string> = new Map(
  Object.entries({ commit: 'm', tag: 'm', merge: 'm', log: 'nSGL', show: 'SG', diff: 'SG' }),
);

/** `git commit -m '-c x'`: what stands behind -m is the message, whatever it looks like. */
function takesNext(sub: string, before: string): boolean {
  if (before === '--message' && /^(?:commit|tag|merge)$/.test(sub)) return true;
  const letters = NEXT_VALUES.get(sub);
  if (letters === undefined || !/^-[A-Za-z]+$/.test(before)) return false;
  const taking = [...before.slice(1)].findIndex((letter) => letters.includes(letter));
  return taking >= 0 && taking === before.length - 2 && dangerousOption(sub, before) === null;
}

function dangerousOption(sub: string, text: string): string | null {
  // It prints what it is asked about, `--git-dir` among it.
  if (sub === 'rev-parse') return null;
  if (text.startsWith('--')) {
    const given = text.slice(2).split('=')[0] ?? '';
    if (given === '' || LONG_SAFE.has(given)) return null;
    if (sub === 'push' && given === 'signed') return null;
    const found = LONG_DANGERS.find((name) => name.startsWith(given));
    if (found === undefined) return null;
    // `--patch` of log, show and diff only prints.
    if (found === 'patch' && /^(?:log|show|diff|stash|format-patch|whatchanged)$/.test(sub)) {
      return null;
    }
    return `--${found}`;
  }
  if (!/^-./s.test(text)) return null;
  for (const letter of text.slice(1)) {
    if (SHORT_DANGERS.get(sub)?.includes(letter)) return `-${letter}`;
    if (SHORT_VALUES.get(sub)?.includes(letter)) return null;
  }
  return null;
}
