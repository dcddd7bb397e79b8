// What a rule for the words of a command does not show: a program text on standard input, and a
// forbidden program behind one that nobody knows. Both only ever ask.
import { DANGERS } from './danger-tables.ts';
import { isInterpreter } from './interpreters.ts';
import { matchStrict } from './match-strict.ts';
import { knownProgram as actsOnFiles } from './path-operands.ts';
import { wordView } from './paths.ts';
import type { ReadCommand } from './read-line.ts';
import { inScope, type RuleScope, type RuleSet } from './rules.ts';
import { loosely, programName } from './unwrap.ts';

/** Programs that run what stands on their standard input. */
const RUNS_STDIN = new Set(
  (
    'ssh rsh mosh at batch crontab sqlite3 psql mysql mariadb mongo mongosh redis-cli ed ex vi vim ' +
    'nvim bc dc gdb lldb ftp sftp telnet nc ncat netcat parallel patch m4 su newgrp chroot nsenter ' +
    'unshare script docker podman kubectl'
  ).split(' '),
);

/** Why what stands on standard input could run, or null. */
export function stdinDanger(command: ReadCommand): string | null {
  const [first, ...rest] = command.words;
  const name = programName(first?.text ?? '');
  if (isInterpreter(name)) {
    const reads =
      rest.length === 0 || rest.some((word) => /^(?:-|\/dev\/stdin)$/.test(word.text ?? ''));
    return reads ? `${name} would run what stands on its standard input` : null;
  }
  if (command.stdin === undefined || !RUNS_STDIN.has(name)) return null;
  return `${name} could run what it is given on its standard input`;
}

/** Under a rule that names no program: which deny or ask rule its words speak of, or null. */
export function hiddenRule(command: ReadCommand, rules: RuleSet, scope: RuleScope): string | null {
  const name = programName(command.words[0]?.text ?? '');
  // A program that runs others is no better known for standing in the tables.
  const spec = DANGERS.get(name);
  if (actsOnFiles(name) || (spec !== undefined && spec.never === undefined)) return null;
  const { deny, ask } = rules.compiled;
  const view = wordView(scope);
  for (const inner of loosely(command, null).inner) {
    for (const index of [deny, ask]) {
      for (const { entry, pattern } of index.candidates(inner, view, scope).sure) {
        if (pattern.kind !== 'command' || !inScope(entry, scope)) continue;
        if (matchStrict(pattern.command, inner, view) === 'yes') return entry.written;
      }
    }
  }
  return null;
}
