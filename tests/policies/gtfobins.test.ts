// What programs can be made to do besides what they are for: read elsewhere, write, run, load,
// send. cases/preset-escapes.txt has lines of our own for every program that a preset allows
// anything of; scripts/check-gtfobins.mjs asks the same of the whole of GTFOBins.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judge } from '../../src/policies/judge.ts';
import { readPattern } from '../../src/policies/pattern.ts';
import { parsePolicyFile } from '../../src/policies/policy-file.ts';
import type { RuleSet } from '../../src/policies/rules.ts';

const ESCAPES = readFileSync(new URL('cases/preset-escapes.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

const PLACES = [
  { cwd: '/home/user/code', home: '/home/user' },
  { cwd: '/home/user', home: '/home/user' },
  { cwd: '/root', home: '/root' },
  { cwd: '/', home: null },
];

/** Programs of which a wildcard covers nothing that could do harm. */
const HARMLESS = new Set(['tr', 'free']);

function load(name: string): RuleSet {
  const parsed = parsePolicyFile(`presets: [${name}]`, 'policies.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.rules;
}

function allowed(rules: RuleSet, command: string): boolean {
  return PLACES.some(({ cwd, home }) => {
    const action = { kind: 'shell' as const, command, cwd, env: {}, stdinDigest: null };
    const context = { requester: 'cli:test', platform: 'cli', cwd, home };
    return judge({ ...action, sandbox: 'strict' }, rules, context).effect === 'allow';
  });
}

describe.each(['strict', 'team', 'developer'])('under %s', (name) => {
  const rules = load(name);

  test('nothing that reads, writes, runs, loads or sends elsewhere is allowed', () => {
    expect(ESCAPES.filter((line) => allowed(rules, line))).toEqual([]);
  });

  test('there are such lines for every program that it covers with a wildcard', () => {
    const programs = rules.rules.flatMap((rule) => {
      const { pattern } = readPattern(rule.pattern);
      if (rule.effect !== 'allow' || pattern.kind !== 'command' || !pattern.command.rest) return [];
      return [pattern.command.words[0]?.literal ?? ''];
    });
    const tried = new Set(ESCAPES.map((line) => line.split(' ')[0]));
    const missing = programs.filter((program) => !tried.has(program) && !HARMLESS.has(program));
    expect([...new Set(missing)]).toEqual([]);
  });

  test('outside of a workspace even reading asks', () => {
    const lines = ['cat shadow', 'head -n 1 passwd', 'grep -r root .', 'ls src'];
    const places = ['/etc', '/', '/proc/1', '/var/log', '/root', '/home'];
    const wrong = places.flatMap((cwd) =>
      lines.filter((command) => {
        const action = { kind: 'shell' as const, command, cwd, env: {}, stdinDigest: null };
        const context = { requester: 'cli:test', platform: 'cli', cwd, home: '/home/user' };
        return judge({ ...action, sandbox: 'strict' }, rules, context).effect === 'allow';
      }),
    );
    expect(wrong).toEqual([]);
  });
});
