// Short lists, and deny lists of expressions: each becomes what its author meant, or is told as
// lost.
import { describe, expect, test } from 'vitest';
import { importText } from '../../src/policies/import.ts';
import { importLists } from '../../src/policies/import-list.ts';
import { importRegexes } from '../../src/policies/import-regexes.ts';
import type { ImportAnswer } from '../../src/policies/import-report.ts';
import { importedYaml } from '../../src/policies/import-report.ts';
import { parsePolicyFile } from '../../src/policies/policy-file.ts';
import { judgeLine } from './cases.ts';

function reported(answer: ImportAnswer) {
  if (!answer.ok) throw new Error(answer.problem);
  return answer.report;
}
const written = (answer: ImportAnswer) =>
  reported(answer).rules.map(({ effect, pattern }) => `${effect}: ${pattern}`);

describe('lists', () => {
  const META = `
admins: ["1"]
policies:
  allow:
    - "git status"
    - dir
    - "read *.md"
    - "* > /dev/null"
    - "python3"
    - 7
  deny:
    - "rm -rf"
    - "git push origin main"  # Require manual review
`;

  test('an entry covers whatever begins with it; what should not exist is told', () => {
    const report = reported(importLists(META));
    expect(report.rules.map(({ effect, pattern }) => `${effect}: ${pattern}`)).toEqual([
      'deny: rm -rf',
      'deny: git push origin main',
      'allow: git status *',
      'allow: dir *',
      'allow: read *.md',
    ]);
    expect(report.lost.map(({ from }) => from)).toEqual([
      'allow: * > /dev/null',
      'allow: python3',
      'allow: 7',
    ]);
  });

  test('a comment that speaks of review is not lost', () => {
    const rule = reported(importLists(META)).rules.find(({ pattern }) => /push/.test(pattern));
    expect(rule?.note).toContain('ask: git push origin main');
  });

  test.each([
    '{"policies":{"deny":["rm"]}}',
    '{"deny":["rm"]}',
    'deny: [rm]',
    'permissions:\n  deny:\n    - rm\n',
    'blocked: [rm]\nallow:\n',
  ])('%j is such a list', (text) => {
    expect(written(importLists(text))).toEqual(['deny: rm']);
  });

  test.each([
    ['', /no list in it/],
    ['just text', /no list in it/],
    ['allow: ls', /allow is not a list/],
    ['allow: [', /neither YAML nor JSON/],
  ])('%j is refused with what is wrong', (text, problem) => {
    expect(importLists(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  test('rules of Claude Code are not mistaken for patterns', () => {
    const { rules, lost } = reported(importLists('allow: ["Bash(npm test)"]'));
    expect([rules, lost[0]?.why]).toEqual([[], expect.stringContaining('--from claude-code')]);
  });

  test('a directory limits all of them', () => {
    const answer = importText('list', 'deny: [rm]', { root: null, in: '/srv/**' });
    expect(reported(answer).rules.map((rule) => rule.in)).toEqual(['/srv/**']);
  });
});

/** The expression, lines that its author meant, lines that it hit by accident. */
const SHAPES: readonly (readonly [string, string[], readonly string[], readonly string[]])[] = [
  [
    String.raw`\brm\s+-[rf]{1,2}\b`,
    ['rm -r', 'rm -f'],
    ['rm -rf x', 'rm -rfv x', 'rm --recursive x', 'sudo /bin/rm -fr x'],
    ['rm x', 'echo "rm -rf x"'],
  ],
  [String.raw`;\s*rm\s+-[rf]`, ['rm -r', 'rm -f'], ['ls; rm -r x', 'rm -r x'], ['rm x']],
  [String.raw`&&\s*rm\s+-[rf]`, ['rm -r', 'rm -f'], ['ls && rm -f x'], ['rm x']],
  [String.raw`\bdd\s+if=`, ['dd if=*', 'dd * if=*'], ['dd if=a of=b', 'dd of=b if=a'], ['dd of=b']],
  [
    String.raw`\b(format|mkfs|diskpart)\b\s`,
    ['format', 'mkfs*', 'diskpart'],
    ['mkfs.ext4 x', 'mkfs -t xfs x'],
    ['npm run format', 'git log --format=x'],
  ],
  ['mkfs', ['mkfs*'], ['/sbin/mkfs x'], ['man mkfs']],
  [
    String.raw`\b(shutdown|reboot|poweroff)\b`,
    [
      'shutdown',
      'reboot',
      'poweroff',
      'systemctl poweroff',
      'systemctl halt',
      'systemctl reboot',
      'init 6',
    ],
    ['sudo reboot', 'systemctl reboot'],
    ['git commit -m "fix reboot"'],
  ],
  [
    'shutdown|reboot',
    ['shutdown', 'reboot', 'systemctl poweroff', 'systemctl halt', 'systemctl reboot', 'init 6'],
    ['reboot'],
    [],
  ],
  ['init 0', ['init 0', 'systemctl poweroff', 'telinit 0'], ['sudo init 0'], ['git init']],
  ['> /dev/sd', ['* > /dev/sd*'], ['cat x >/dev/sda'], ['cat x > /dev/null']],
  [
    String.raw`>\s*/dev/(sd[a-z]|nvme\d|dm-\d)`,
    ['* > /dev/sd*', '* > /dev/nvme*', '* > /dev/dm-*'],
    ['cat x > /dev/nvme0n1'],
    [],
  ],
  ['chmod 777', ['chmod 777'], ['chmod -R 777 x'], ['chmod 755 x']],
  [
    String.raw`\bchmod\s+[0-3]{3,4}\b`,
    ['chmod 0*', 'chmod 1*', 'chmod 2*', 'chmod 3*'],
    ['chmod 0333 x'],
    ['chmod +x a'],
  ],
  [String.raw`\bsu\b.*-c\b`, ['su -c'], ['su root -c ls'], ['su root']],
  [String.raw`\bssh\b.*@`, ['ssh *@*'], ['ssh -v a@b'], ['ssh host']],
  [
    String.raw`\bapt\s+(install|remove)\b`,
    ['apt install', 'apt remove'],
    ['sudo apt install x'],
    ['apt list'],
  ],
  [String.raw`\bkill\s+-[9]\b`, ['kill -9'], ['kill -9 1'], ['kill 1']],
  [String.raw`\bdel\s+/[fq]\b`, ['del /f', 'del /q'], ['del /f x'], []],
];

describe('expressions', () => {
  test.each(SHAPES)('%s becomes words', (source, patterns, meant, accidents) => {
    const report = reported(importRegexes(source));
    const deny = report.rules.map(({ pattern }) => pattern);
    expect([deny, report.lost]).toEqual([patterns, []]);
    const denied = (line: string) => judgeLine(line, { deny }).effect === 'deny';
    expect([...meant, ...accidents].filter(denied)).toEqual(meant);
  });

  test.each(['(wget|curl).*\\|\\s*(ba)?sh', '\\bcurl\\b.*\\|\\s*(sh|bash)', 'curl.*\\|.*sh'])(
    '%s is what is fetched and run, by whatever shell',
    (source) => {
      const deny = reported(importRegexes(source)).rules.map(({ pattern }) => pattern);
      const lines = ['curl x | sh', 'curl x | sudo -E bash -s', 'curl x | tee y | /bin/zsh'];
      const not = ['curl x | shasum', 'curl x', 'ls | sh'];
      const denied = (line: string) => judgeLine(line, { deny }).effect === 'deny';
      expect([...lines, ...not].filter(denied)).toEqual(lines);
    },
  );

  test.each([
    [':\\(\\)\\s*\\{.*\\};\\s*:', ':(){ :|:& };:'],
    ['\\$\\([^)]+\\)', 'echo $(id)'],
    ['\\|\\s*sh\\b', 'cat x | SH'],
    ['<<\\s*EOF', 'cat << eof\neof'],
    ['(?i)secret=\\d+', 'echo SECRET=1'],
  ])('%s stays an expression, without regard to case', (source, line) => {
    const deny = reported(importRegexes(source)).rules.map(({ pattern }) => pattern);
    expect(deny).toEqual([expect.stringMatching(/^\/\(\?i\)/)]);
    expect(judgeLine(line, { deny }).effect).toBe('deny');
  });

  test('what RE2 does not know is told', () => {
    const { rules, lost } = reported(importRegexes('foo(?!bar)\n(a)\\1\n'));
    expect([rules, lost.map(({ from }) => from)]).toEqual([
      [],
      ['deny: foo(?!bar)', 'deny: (a)\\1'],
    ]);
    expect(lost[0]?.why).toContain('look-around');
  });

  test('a config.json, its part, a bare list and plain text are read alike', () => {
    const exec = { enable_deny_patterns: true, custom_deny_patterns: ['sudo', 5] };
    const texts = [{ tools: { exec } }, exec, ['sudo', 5]].map((value) => JSON.stringify(value));
    const reports = [...texts, '# comment\nsudo\n'].map((text) => reported(importRegexes(text)));
    expect(reports.map(({ rules }) => rules.map(({ pattern }) => pattern))).toEqual([
      ['sudo'],
      ['sudo'],
      ['sudo'],
      ['sudo'],
    ]);
    expect(reports.map(({ lost }) => lost.length)).toEqual([1, 1, 1, 0]);
  });

  test('that they were off, and exceptions to them, is told', () => {
    const text = JSON.stringify({
      enable_deny_patterns: false,
      custom_deny_patterns: [],
      custom_allow_patterns: ['rm -rf build'],
    });
    const { lost, remarks } = reported(importRegexes(text));
    expect(lost).toEqual([{ from: 'allow: rm -rf build', why: expect.stringContaining('deny') }]);
    expect(remarks[0]).toContain('switched off');
  });

  test.each([
    ['{', /not the JSON/],
    ['{"a":1}', /tools\.exec/],
  ])('%j is refused with what is wrong', (text, problem) => {
    expect(importRegexes(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  test('what is printed loads, and says the same', () => {
    const sources = SHAPES.map(([source]) => source).join('\n');
    const report = reported(importRegexes(`${sources}\n:\\(\\)\\s*\\{.*\\};\\s*:\n\\$\\{[^}]+\\}`));
    const parsed = parsePolicyFile(importedYaml(report, 'title'), 'f');
    expect(parsed.ok && parsed.rules.rules.map((rule) => rule.pattern)).toEqual(
      report.rules.map(({ pattern }) => pattern),
    );
  });
});
