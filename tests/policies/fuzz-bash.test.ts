// Generated lines run under real bash, in a sandbox and with an empty PATH. Whatever bash tried to
// run or wrote has to be in the reading, or the line must not be allowed at all.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReadCommand } from '../../src/policies/read-line.ts';
import { readLine } from '../../src/policies/read-line.ts';
import { unwrap } from '../../src/policies/unwrap.ts';
import { CI_SEED } from '../seed.ts';
import { makeLine, seeded } from './line-generator.ts';

const LINES = Number(process.env['FUZZ_LINES'] ?? 250);
const SEED = Number(
  process.env['FUZZ_SEED'] ??
    (process.env['CI'] === 'true' ? CI_SEED : Math.floor(Math.random() * 2 ** 31)),
);

const sandboxed = spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-all', 'true']).status === 0;

/** Runs lines 0..n-1 from the files in `lines`, each in a folder of its own. */
const DRIVER = `
handle='() { printf "%s\\0" "$@" end > "$FUZZ_LOG/$BASHPID.$SRANDOM"; return $((FUZZ_N % 2 * 127)); }'
for ((n = 0; n < $2; n++)); do
  mkdir "$1/run/$n" "$1/log/$n"; cd "$1/run/$n" || exit 9
  IFS= read -r -d '' line < "$1/lines/$n"
  env -i PATH=/nonexistent FUZZ_LOG="$1/log/$n" FUZZ_N="$n" \
    "BASH_FUNC_command_not_found_handle%%=$handle" \
    /usr/bin/timeout -s KILL 1 /bin/bash --norc --noprofile -c "$line" < /dev/null > /dev/null 2>&1
done
exit 0
`;

interface Run {
  /** The argv of everything bash looked for on the PATH. */
  readonly tried: readonly string[][];
  /** Files that appeared. */
  readonly made: readonly string[];
}

function runAll(lines: readonly string[]): Run[] {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-bash-'));
  try {
    for (const name of ['lines', 'run', 'log']) mkdirSync(join(folder, name));
    lines.forEach((line, n) => {
      writeFileSync(join(folder, 'lines', String(n)), `${line}\0`);
    });
    const box = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--unshare-all'];
    const args = [...box, '--die-with-parent', '--bind', folder, folder, '/bin/bash', '-c', DRIVER];
    execFileSync('bwrap', [...args, 'driver', folder, String(lines.length)], { stdio: 'pipe' });
    return lines.map((_line, n) => ({
      tried: readLog(join(folder, 'log', String(n))),
      made: readdirSync(join(folder, 'run', String(n))),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * One file for each command: processes in the background would write into each other's lines. One
 * that was killed as it wrote has left no end.
 */
function readLog(folder: string): string[][] {
  return readdirSync(folder).flatMap((name) => {
    const words = readFileSync(join(folder, name), 'utf8').split('\0').slice(0, -1);
    return words.pop() === 'end' ? [words] : [];
  });
}

/** Everything that is read, wrappers seen through. */
function allCommands(commands: readonly ReadCommand[], depth = 0): ReadCommand[] {
  if (depth > 8) return [];
  return commands.flatMap((one) => [one, ...allCommands(unwrap(one)?.inner ?? [], depth + 1)]);
}

function fits(command: ReadCommand, argv: readonly string[]): boolean {
  let states = new Set([0]);
  for (const word of command.words) {
    const next = new Set<number>();
    for (const at of states) {
      if (word.text !== null) {
        if (argv[at] === word.text) next.add(at + 1);
      } else if (word.single) next.add(at + 1);
      else for (let to = at; to <= argv.length; to++) next.add(to);
    }
    states = next;
  }
  return states.has(argv.length);
}

/** Everything that a line shows, or null where no rule could ever allow it. */
function shownBy(line: string): ReadCommand[] | null {
  const reading = readLine(line);
  if (line.includes('\0') || reading.failure !== null || reading.hazards.length > 0) return null;
  const commands = allCommands(reading.commands);
  if (commands.some((one) => one.words[0] && one.words[0].text === null)) return null;
  return commands.some((one) => unwrap(one)?.opaque) ? null : commands;
}

/** What bash did that the line did not show; null for nothing. */
function unsound(commands: readonly ReadCommand[], run: Run): string | null {
  for (const argv of run.tried) {
    if (!commands.some((one) => fits(one, argv))) return `ran ${JSON.stringify(argv)}`;
  }
  const targets = commands.flatMap((one) => one.redirects);
  for (const name of run.made) {
    const shown = targets.some((one) => one.target.text === null || one.target.text === name);
    if (!shown) return `made the file ${name}`;
  }
  return null;
}

test.skipIf(!sandboxed && process.env['CI'] !== 'true')(
  `bash does nothing that a reading does not show (seed ${SEED}; needs bubblewrap)`,
  { timeout: 600_000 },
  () => {
    const random = seeded(SEED);
    const cases: { line: string; commands: ReadCommand[] }[] = [];
    while (cases.length < LINES) {
      const line = makeLine(random);
      const commands = shownBy(line);
      if (commands !== null) cases.push({ line, commands });
    }
    const runs = runAll(cases.map((one) => one.line));
    const findings = cases.flatMap(({ line, commands }, n) => {
      const found = unsound(commands, runs[n] ?? { tried: [], made: [] });
      return found === null ? [] : [{ line, found }];
    });
    const busy = runs.filter((run) => run.tried.length > 0).length;
    // A run in which bash does nothing would prove nothing.
    expect(busy).toBeGreaterThan(LINES / 4);
    expect(findings, `seed ${SEED}`).toEqual([]);
  },
);
