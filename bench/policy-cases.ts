// Rules and lines for the benchmark of policies: what a team could have gathered, repeated with
// other names up to the number wanted. The same each time: no chance is in it.
import type { RuleSource } from '../src/policies/rules.ts';

/** The rules that stand in every set, whatever its size. */
const FIRST: readonly RuleSource[] = [
  { effect: 'deny', pattern: 'rm -rf *' },
  { effect: 'deny', pattern: 'read ~/.ssh/**' },
  { effect: 'deny', pattern: 'write /etc/**' },
  { effect: 'ask', pattern: 'git push *', approvals: 2 },
  { effect: 'allow', pattern: 'git status *' },
  { effect: 'allow', pattern: 'git diff *' },
  { effect: 'allow', pattern: 'npm run test:*' },
  { effect: 'allow', pattern: 'ls *' },
  { effect: 'allow', pattern: 'kubectl get pods *', in: '/home/ada/code/**' },
  { effect: 'allow', pattern: 'echo *' },
];

/** One rule after the other of each kind, told apart by a number. */
const KINDS: readonly ((n: number) => RuleSource)[] = [
  (n) => ({ effect: 'allow', pattern: `git log team-${n}/main *` }),
  (n) => ({ effect: 'allow', pattern: `npm run build:app-${n} *` }),
  (n) => ({ effect: 'allow', pattern: `npm run task-${n}:*` }),
  (n) => ({ effect: 'allow', pattern: `kubectl get pods -n space-${n} *` }),
  (n) => ({ effect: 'allow', pattern: 'make deploy', in: `/srv/app-${n}/**` }),
  (n) => ({ effect: 'allow', pattern: `./scripts/job-${n}.sh *` }),
  (n) => ({ effect: 'allow', pattern: `cat docs/part-${n}/*.md` }),
  (n) => ({ effect: 'ask', pattern: `git push origin release-${n}` }),
  (n) => ({ effect: 'ask', pattern: `kubectl delete pod web-${n}-*` }),
  (n) => ({ effect: 'ask', pattern: `npm publish @team/package-${n}`, from: `telegram:${n}` }),
  (n) => ({ effect: 'deny', pattern: `git push --force origin stable-${n}` }),
  (n) => ({ effect: 'deny', pattern: `kubectl * --context cluster-${n} *` }),
  (n) => ({ effect: 'deny', pattern: `read /srv/app-${n}/secrets/**` }),
  (n) => ({ effect: 'deny', pattern: `write /var/lib/app-${n}/*.db` }),
  (n) => ({ effect: 'deny', pattern: `tool-${n} *` }),
  (n) => ({ effect: 'allow', pattern: `write out/report-${n}.txt` }),
];

/** So many rules. */
export function ruleSources(count: number): RuleSource[] {
  const rules = [...FIRST];
  for (let n = 0; rules.length < count; n += 1) {
    const kind = KINDS[n % KINDS.length];
    if (kind !== undefined) rules.push(kind(Math.floor(n / KINDS.length)));
  }
  return rules.slice(0, count);
}

/** Lines of about 60 characters, allowed, asked and denied, by old rules and by new ones. */
export const SHORT_LINES: readonly string[] = [
  'git status --short --branch --untracked-files=all -- src/app',
  'git diff --stat HEAD~3 -- src/policies/judge.ts bench/main.t',
  'npm run test:unit && git status --short src tests docs bench',
  'kubectl get pods -n space-17 -o wide --sort-by=metadata.name',
  'kubectl delete pod web-17-6b9f7c8d5-x2x7q --namespace=spaces',
  'git push --force origin stable-17 2>/dev/null || echo failed',
  'cat docs/part-12/introduction.md | grep -n install | head -5',
  'npm run task-40:lint -- --max-warnings 0 --ext .ts,.tsx src/',
  'sudo env LANG=C git push origin release-9 --follow-tags -vvv',
  'echo "the build of $(date +%F) is done" > out/report-3.txt #',
  'rm -r -f node_modules/.cache build dist coverage tmp/session',
  './scripts/job-31.sh --verbose --since yesterday --limit 1000',
];

const FILES = Array.from({ length: 200 }, (_, n) => `src/area-${n}/file-${n}.ts`);

/** Lines of about 2,000 characters: many operands, many commands, one long text. */
export const LONG_LINES: readonly string[] = [
  `git diff --stat HEAD~3 -- ${FILES.join(' ')}`.slice(0, 2000),
  SHORT_LINES.filter((line) => !line.endsWith('#'))
    .concat(SHORT_LINES, SHORT_LINES)
    .filter((line) => !line.endsWith('#'))
    .join(' && ')
    .slice(0, 2000)
    .replace(/ &&[^&]*$/, ''),
  `echo '${'a long text that is only printed, '.repeat(60)}'`.slice(0, 1999).concat("'"),
  `cat ${FILES.join(' ')}`.slice(0, 1950).concat(' | sort | uniq -c > out/report-1.txt'),
];
