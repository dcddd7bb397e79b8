// Rule sets in which all rules are alike but for one place, each with a line that comes close to
// them: what an index could fail to tell apart.
import type { RuleSource } from '../src/policies/rules.ts';

const PUSH = 'git push origin feature-17 --force';

interface Crowd {
  readonly name: string;
  readonly line: string;
  readonly rule: (n: number) => RuleSource;
}

function allow(name: string, pattern: (n: number) => string, line = PUSH): Crowd {
  return { name: `allow ${name}`, line, rule: (n) => ({ effect: 'allow', pattern: pattern(n) }) };
}

function deny(name: string, pattern: (n: number) => string, line = PUSH): Crowd {
  return { name: `deny ${name}`, line, rule: (n) => ({ effect: 'deny', pattern: pattern(n) }) };
}

export const CROWDS: readonly Crowd[] = [
  allow('one program', (n) => `git push origin x${n} *`),
  allow('wildcard first', (n) => `git * x${n} *`),
  allow('scripts', (n) => `./scripts/job-${n}*.sh *`, './scripts/job-77x.sh a b'),
  allow('written files', (n) => `write out/x${n}/*`, 'ls > out/y/1'),
  deny('one program', (n) => `git push origin x${n}`),
  deny('wildcard first', (n) => `git * x${n}`),
  deny('wildcards', (n) => `git push origin x${n}-*`),
  deny('inner wildcards', (n) => `git push * *x${n}y*`),
  deny('programs', (n) => `tool${n} *`),
  deny('wildcard programs', (n) => `*tool${n}* a`),
  deny('long options', (n) => `git push --opt${n}`),
  deny('option values', (n) => `git push --push-option=v${n}`, 'git push --push-option=x origin'),
  deny('behind wrappers', (n) => `git push origin x${n}`, 'sudo env A=b nice git push origin y'),
  deny('unknown word', (n) => `git push origin x${n}`, 'git push origin $branch'),
  deny('half known word', (n) => `git push origin x${n}`, 'git push origin "feature-$branch"'),
  deny('unknown program', (n) => `tool${n} x`, '"$CMD" push'),
  deny('directories', (n) => `read /srv/app-${n}/**`, 'cat src/a.ts /srv/app/x'),
  deny('home', (n) => `read ~/.app-${n}/*`, 'cat src/a.ts ~/.app/x'),
  deny('file names', (n) => `read *.k${n}y`, 'cat src/a.ts src/b.ts'),
  deny('one directory', (n) => `read /etc/x${n}*`, 'cat /etc/passwd src/b.ts'),
  deny('unknown files', (n) => `read /srv/app-${n}/**`, 'cat src/*.ts'),
  deny('regexes', (n) => `/host-${n}.*sh/`),
  { ...deny('in', () => 'git push *'), rule: conditional('in', (n) => `~/code/p${n}/**`) },
  { ...deny('from', () => 'git push *'), rule: conditional('from', (n) => `telegram:${n + 100}`) },
];

function conditional(key: 'in' | 'from', value: (n: number) => string) {
  return (n: number): RuleSource => ({ effect: 'deny', pattern: 'git push *', [key]: value(n) });
}
