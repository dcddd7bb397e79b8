// The cases that several tests run over: labelled lines, one JSON object a line.
import { readFileSync } from 'node:fs';
import type { Judgement } from '../../src/bus/messages.ts';
import { judge } from '../../src/policies/judge.ts';
import { compileRules } from '../../src/policies/rules.ts';

export const CONTEXT = {
  requester: 'cli:test',
  platform: 'cli',
  cwd: '/home/user/code',
  home: '/home/user',
};

export interface PolicyCase {
  readonly id: string;
  readonly policy_allow: string[];
  readonly policy_deny: string[];
  readonly command: string;
  readonly must_not_auto_allow: boolean;
  readonly must_deny: boolean;
  readonly must_auto_allow?: boolean;
}

export interface ShellCase {
  readonly id: number;
  readonly cat: string;
  readonly src: string;
  readonly commands: (string | null)[][] | null;
  readonly want: 'parse' | 'ask';
  readonly effective?: (string | null)[][] | 'ask';
}

export interface OwnCase {
  readonly command: string;
  readonly allow: string[];
  readonly deny: string[];
  readonly want: 'allow' | 'deny' | 'not allow' | 'not deny';
}

/** Reads one of the files in cases/. */
export function readCases<T>(name: string): T[] {
  const text = readFileSync(new URL(`cases/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line): T => JSON.parse(line));
}

/** Judges a line by lists of patterns. */
export function judgeLine(
  command: string,
  rules: { allow?: string[]; deny?: string[]; ask?: string[] },
  context: Partial<typeof CONTEXT> = {},
): Judgement {
  const full = { ...CONTEXT, ...context };
  const action = {
    kind: 'shell' as const,
    command,
    cwd: full.cwd,
    env: {},
    stdinDigest: null,
    sandbox: 'strict' as const,
  };
  return judge(action, compileRules(rules), full);
}
