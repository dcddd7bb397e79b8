// Rules that should not exist: each is refused with the reason and with what to write instead.
import { expect, test } from 'vitest';
import { admit } from '../../src/policies/admission.ts';
import { judgeLine } from './cases.ts';

test.each([
  ['*', '"git status"'],
  ['Bash', '"git status"'],
  ['env *', '"env NODE_ENV=test npm test"'],
  ['env FOO=1 *', '"env NODE_ENV=test npm test"'],
  ['bash *', '"bash scripts/save.sh *"'],
  ['bash -c *', '"bash scripts/save.sh *"'],
  ['/bin/bash *', '"bash scripts/save.sh *"'],
  ['python3 *', '"python3 scripts/report.py *"'],
  ['python3.12 *', '"python scripts/report.py *"'],
  ['python3 -c *', '"python3 -m pytest *"'],
  ['python3 -m *', '"python3 -m pytest *"'],
  ['node -e *', '"node --test"'],
  ['perl -pe *', '"perl scripts/report.pl *"'],
  ['sudo *', '"sudo systemctl restart app"'],
  ['find *', '"find . -name *"'],
  ['find . -exec *', '"find . -name *"'],
  ['xargs *', '"xargs wc -l"'],
  ['timeout *', 'no rule for timeout is needed'],
  ['timeout 30 *', 'no rule for timeout is needed'],
  ['npx *', '"npx tsc *"'],
  ['npx -y *', '"npx tsc *"'],
  ['npm exec *', '"npm test"'],
  ['uv run *', '"uv run pytest *"'],
  ['docker run *', '"docker ps *"'],
  ['docker exec *', '"docker logs *"'],
  ['kubectl exec *', '"kubectl get *"'],
  ['git -c *', '"git status *"'],
  ['ssh *', '"ssh host uptime"'],
  ['ssh host *', '"ssh host uptime"'],
  ['less *', '"cat *"'],
  ['man *', '"man ls"'],
  ['vim *', 'spell out the whole command'],
  ['tee *', '"> logs/**"'],
  ['dd *', '"dd if=a.img of=b.img"'],
  ['crontab *', '"crontab -l"'],
  ['apt-get *', '"apt list *"'],
  ['psql *', '"psql -c '],
  ['terraform *', '"terraform plan"'],
  ['aws *', '"aws s3 ls"'],
  ['make -f *', '"make test"'],
  ['go run *', '"go test *"'],
  ['g?t *', '"git status *"'],
  ['* status', '"git status *"'],
  ['write /**', '"write build/**"'],
  ['> /etc/**', '"write build/**"'],
  ['write ~/**', '"write build/**"'],
  ['read /**', '"read docs/**"'],
  ['Bash(docker run:*)', '"docker ps *"'],
])('allow: %s is refused, and %s proposed', (pattern, better) => {
  const refused = admit('allow', pattern, false);
  expect(refused).toEqual({ admitted: false, why: expect.stringContaining(better) });
  expect(refused).toEqual({ admitted: false, why: expect.stringContaining('dangerous: true') });
  expect(admit('allow', pattern, true)).toEqual(
    expect.objectContaining({ admitted: true, dangerous: true }),
  );
});

test.each([
  'git status',
  'git *',
  'git log *',
  'npm *',
  'npm run test:*',
  'npm install *',
  'cargo *',
  'go test *',
  'make *',
  'curl -s *',
  'docker *',
  'kubectl scale *',
  'systemctl restart *',
  'sed -n *',
  'awk *',
  'tar -xzf *',
  'find . -name *',
  'python3 scripts/a.py *',
  'bash scripts/save.sh *',
  'npx tsc *',
  'uv run pytest *',
  'dpkg -l *',
  'rm -f *.tmp',
  'cp *',
  'mytool *',
  './scripts/x.sh *',
  'sudo systemctl restart app',
  'ssh host uptime',
  'read *.md',
  'write build/**',
  'write *.tmp',
  '> logs/**',
  'command -v *',
])('allow: %s may be stored', (pattern) => {
  expect(admit('allow', pattern, false)).toEqual(
    expect.objectContaining({ admitted: true, dangerous: false }),
  );
});

test('what is proposed may be stored itself', () => {
  const proposed = [
    'env',
    'bash',
    'python3',
    'sudo',
    'find',
    'xargs',
    'npx',
    'docker',
    'ssh',
    'tee',
  ]
    .map((name) => admit('allow', `${name} *`, false))
    .flatMap((answer) =>
      answer.admitted ? [] : [...answer.why.matchAll(/"([^"]+)"/g)].map((found) => found[1] ?? ''),
    );
  expect(proposed.length).toBeGreaterThan(10);
  expect(proposed.filter((pattern) => !admit('allow', pattern, false).admitted)).toEqual([]);
});

test.each(['deny', 'ask'] as const)('%s rules may be as broad as anybody likes', (effect) => {
  for (const pattern of ['*', 'sudo *', 'find *', 'write /**']) {
    expect(admit(effect, pattern, false)).toEqual(
      expect.objectContaining({ admitted: true, dangerous: false }),
    );
  }
});

test('a regular expression may only deny', () => {
  expect(admit('allow', '/git .*/', true).admitted).toBe(false);
  expect(admit('deny', '/curl.*sh/', false).admitted).toBe(true);
});

test('a rule that was refused would not have covered what it is refused for', () => {
  const lines: [string, string][] = [
    ['env *', 'env sh'],
    ['python3 *', 'python3 -c 1'],
    ['sudo *', 'sudo id'],
    ['xargs *', 'xargs sh'],
    ['docker run *', 'docker run -v /:/x y'],
    ['less *', 'less a'],
  ];
  const wrong = lines.filter(
    ([rule, line]) => judgeLine(line, { allow: [rule] }).effect === 'allow',
  );
  expect(wrong).toEqual([]);
});
