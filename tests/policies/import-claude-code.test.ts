// Rules of Claude Code: carried over exactly or stricter, never looser. The second half compares
// with its documented matching, written down here once more as an oracle.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ClaudeCodePlace, importClaudeCode } from '../../src/policies/import-claude-code.ts';
import { type ImportReport, importedYaml } from '../../src/policies/import-report.ts';
import { judgeTool } from '../../src/policies/judge-tool.ts';
import { parsePolicyFile } from '../../src/policies/policy-file.ts';
import { compileRules } from '../../src/policies/rules.ts';
import { CONTEXT, judgeLine } from './cases.ts';

const NOWHERE: ClaudeCodePlace = { root: null, in: null };
const PROJECT: ClaudeCodePlace = { root: '/home/user/code', in: '/home/user/code/**' };

function imported(permissions: object, place = NOWHERE): ImportReport {
  const answer = importClaudeCode(JSON.stringify({ permissions }), place);
  if (!answer.ok) throw new Error(answer.problem);
  return answer.report;
}

type Effect = 'allow' | 'ask' | 'deny';
const one = (effect: Effect, rule: string, place = NOWHERE) =>
  imported({ [effect]: [rule] }, place);
const patterns = ({ rules }: ImportReport) =>
  rules
    .filter(({ from }) => !from[0]?.startsWith('what Claude Code asks'))
    .map(({ effect, pattern }) => `${effect}: ${pattern}`);

describe('what a rule becomes', () => {
  test.each<[Effect, string, string[]]>([
    ['allow', 'Bash(npm run build)', ['allow: npm run build']],
    ['allow', 'Bash(npm run test:*)', ['allow: npm run test *']],
    ['allow', 'Bash(npm run test *)', ['allow: npm run test *']],
    ['allow', 'Bash(npm run test*)', ['allow: npm run test* *']],
    ['allow', 'Bash(ls*)', ['allow: ls *']],
    ['allow', 'Bash(git * main)', ['allow: git * main']],
    ['allow', 'Bash(echo "a  b" *)', ['allow: echo "a  b" *']],
    ['allow', 'Bash(ls what?)', ['allow: ls "what?"']],
    ['allow', 'Bash(read x)', ['allow: "read" x']],
    ['deny', 'Bash(rm -rf:*)', ['deny: rm -rf *']],
    ['deny', 'Bash', ['deny: *']],
    ['deny', 'Bash(curl * | bash)', ['deny: /(?s)curl\\s+.*\\s*\\|\\s*bash/']],
    ['ask', 'Bash(* install)', ['ask: * install', 'ask: * * install']],
    ['ask', 'Bash(echo $HOME)', ['deny: /(?s)echo\\s+\\$HOME/']],
    ['deny', 'Bash(run_in_background:true)', ['deny: Bash run_in_background=true']],
    ['allow', 'Read(src/**)', ['allow: read src/**']],
    ['allow', 'Read(//etc/hosts)', ['allow: read /etc/hosts']],
    ['allow', 'Read(~/my notes/*.md)', ['allow: read ~/my" "notes/*.md']],
    ['allow', 'Read(**/*.md)', ['allow: read *.md']],
    ['deny', 'Edit(//etc/**)', ['deny: write /etc/**']],
    ['ask', 'Read(*.key)', ['ask: read *.key', 'ask: read *.key/**', 'ask: read **/*.key/**']],
    ['deny', 'Write(//etc/**)', ['deny: write /etc/**']],
    ['deny', 'Write', ['deny: Write']],
    ['allow', 'WebFetch(domain:docs.rs)', ['allow: http GET docs.rs']],
    ['deny', 'WebFetch(domain:*.Evil.com.)', ['deny: http * *.evil.com']],
    ['deny', 'WebFetch', ['deny: WebFetch']],
    ['allow', 'WebFetch', ['allow: WebFetch *']],
    ['allow', 'WebFetch(domain:*)', ['allow: WebFetch *']],
    ['allow', 'WebSearch', ['allow: WebSearch *']],
    ['allow', 'mcp__github__get_*', ['allow: mcp__github__get_* *']],
    ['allow', 'mcp__puppeteer', ['allow: mcp__puppeteer__* *']],
    ['deny', 'mcp__*', ['deny: mcp__*']],
    ['deny', 'Agent(Explore)', ['deny: Agent subagent_type=Explore']],
    ['deny', 'Agent(model:opus*)', ['deny: Agent model=opus*']],
    ['deny', 'Skill(deploy *)', ['deny: Skill *="deploy "*']],
  ])('%s %s', (effect, rule, expected) => {
    const report = one(effect, rule);
    expect([patterns(report), report.lost]).toEqual([expected, []]);
  });

  test.each<[Effect, string, RegExp]>([
    ['allow', 'Bash', /everything run unseen/],
    ['allow', 'Bash(*)', /everything run unseen/],
    ['allow', 'Edit', /all over the machine/],
    ['allow', 'Read', /all over the machine/],
    ['allow', 'Bash(* --version)', /does not name the program/],
    ['allow', 'Bash(python3 *)', /any program text/],
    ['allow', 'Bash(cd x && npm test)', /a rule of its own/],
    ['allow', 'Bash(echo * > out)', /allow: write out/],
    ['allow', 'Bash(echo $HOME)', /not known before they run/],
    ['allow', 'Read(/src/**)', /--root/],
    ['allow', 'Read(./.env)', /--root/],
    ['allow', 'Read(src/[ab].ts)', /sets of characters/],
    ['allow', 'Write(docs/**)', /Edit\(docs/],
    ['allow', 'WebFetch(https://x)', /domain:/],
    ['allow', 'mcp__*', /skips such an allow rule/],
    ['allow', 'Skill(deploy)', /not known here/],
    ['deny', 'Read(!.env)', /deny always wins/],
    ['deny', 'PowerShell(Remove-Item *)', /not run here/],
    ['deny', 'Cd(~)', /of a person/],
    ['deny', 'not a rule(', /neither Tool/],
  ])('%s %s is told as lost', (effect, rule, why) => {
    expect(one(effect, rule)).toMatchObject({
      rules: [],
      lost: [{ from: `${effect}: ${rule}`, why: expect.stringMatching(why) }],
    });
  });
});

test('a project’s settings hold in the project, and /path begins there', () => {
  const { rules } = imported(
    { allow: ['Bash(npm test)', 'Read(/docs/**)', 'Read(./.env)'] },
    PROJECT,
  );
  expect(rules.map(({ pattern, in: cwd }) => [pattern, cwd])).toEqual([
    ['npm test', PROJECT.in],
    ['read /home/user/code/docs/**', PROJECT.in],
    ['read /home/user/code/.env', PROJECT.in],
  ]);
});

test('what Claude Code asks for although edits are allowed is asked here, too', () => {
  const { rules } = one('allow', 'Edit(~/code/**)');
  const lists = { allow: [] as string[], ask: [] as string[], deny: [] };
  for (const { effect, pattern } of rules) if (effect !== 'deny') lists[effect].push(pattern);
  const effect = (file_path: string) =>
    judgeTool({ tool: 'Edit', arguments: { file_path } }, compileRules(lists), CONTEXT).effect;
  const files = ['src/a', '.git/config', 'x/.claude/a', '.bashrc'];
  expect(files.map(effect)).toEqual(['allow', 'ask', 'ask', 'ask']);
});

test('the same rule is kept once, with all that it came from', () => {
  const { rules } = imported({ deny: ['Bash(rm:*)', 'Bash(rm *)'] });
  expect(rules.map(({ from, pattern }) => [from, pattern])).toEqual([
    [['deny: Bash(rm:*)', 'deny: Bash(rm *)'], 'rm *'],
  ]);
});

test('modes and directories are remarked on, odd entries are told', () => {
  const report = imported({ deny: [5, null], defaultMode: 'plan', additionalDirectories: ['/x'] });
  expect(report.lost).toEqual([
    { from: 'deny: 5', why: 'a rule is a text' },
    { from: 'deny: null', why: 'a rule is a text' },
  ]);
  expect(report.remarks.join(' ')).toMatch(/defaultMode "plan".*workspaces/);
});

test.each([
  ['', /not the JSON/],
  ['{"permissions":{"allow":"ls"}}', /permissions\.allow is not a list/],
  ['{"hooks":{}}', /no "permissions"/],
  ['[]', /no "permissions"/],
])('%j is refused with what is wrong', (text, problem) => {
  expect(importClaudeCode(text, NOWHERE)).toEqual({
    ok: false,
    problem: expect.stringMatching(problem),
  });
});

test('what is printed is a policy file that says the same, whatever the source holds', () => {
  const nasty = ['Bash(a\nallow: b)', 'Bash(echo # x)', 'Bash(* y)\u2028- allow: z', 'Bash(: *)'];
  const text = fc.string({ unit: 'binary', maxLength: 12 }).map((inner) => `Bash(${inner})`);
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.constantFrom(...nasty)), { maxLength: 5 }), (list) => {
      const report = imported({ deny: list, allow: list });
      const yaml = importedYaml(report, 'title');
      const parsed = parsePolicyFile(yaml, 'imported.yaml');
      expect(parsed.ok ? parsed.rules.rules.map((rule) => rule.written) : parsed).toEqual(
        report.rules.map(({ effect, pattern }) => `${effect}: ${pattern}`),
      );
    }),
  );
});

/** Claude Code, "Wildcard patterns": text, `*` for any text, ` *` at the end also for nothing. */
function fitsThere(specifier: string, line: string): boolean {
  const text = specifier.replace(/:\*$/, ' *');
  const only = text.indexOf('*') === text.length - 1;
  if (only && text.endsWith(' *') && line === text.slice(0, -2)) return true;
  const parts = text.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(line);
}

const WORDS = [
  'npm',
  'git',
  'run',
  'test',
  'push',
  'main',
  'x',
  '-f',
  '--force',
  '-rf',
  'a/b',
  'rm',
];
const word = fc.constantFrom(...WORDS);
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: word }, fc.constantFrom('*', 'ru*', '*st', 't*t')), {
    minLength: 1,
    maxLength: 4,
  })
  .map((words) => words.join(' '));
const specifier = text.chain((one) => fc.constantFrom(one, `${one}:*`, `${one}*`));
const some = fc.array(word, { maxLength: 2 }).map((words) => words.join(' '));
/** A rule, and a line that is near to it. */
const ruleAndLine = fc
  .tuple(specifier, fc.array(some, { minLength: 4, maxLength: 4 }), some)
  .map(([rule, fills, more]): [string, string] => {
    const parts = rule.replace(/:\*$/, ' *').split('*');
    const filled = parts.map((part, i) => (i === 0 ? part : (fills[i - 1] ?? '') + part)).join('');
    return [rule, `${filled} ${more}`.trim().replace(/ +/g, ' ')];
  });

const listsOf = ({ rules }: ImportReport) => {
  const of = (effect: Effect) => rules.filter((rule) => rule.effect === effect);
  const restricts = [...of('ask'), ...of('deny')].map(({ pattern }) => pattern);
  return { allow: of('allow').map(({ pattern }) => pattern), deny: restricts };
};

describe('never looser than its documented matching', () => {
  test('what an imported allow rule allows, the rule allowed there', () => {
    fc.assert(
      fc.property(ruleAndLine, ([rule, command]) => {
        const { allow } = listsOf(one('allow', `Bash(${rule})`));
        fc.pre(judgeLine(command, { allow }).effect === 'allow');
        expect(fitsThere(rule, command)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('what a deny or ask rule catches there, the imported one catches', () => {
    const effect = fc.constantFrom<Effect>('deny', 'ask');
    fc.assert(
      fc.property(ruleAndLine, effect, ([rule, command], kind) => {
        fc.pre(command !== '' && fitsThere(rule, command));
        const report = one(kind, `Bash(${rule})`);
        expect(report.lost).toEqual([]);
        expect(judgeLine(command, listsOf(report)).effect).toBe('deny');
      }),
      { numRuns: 200 },
    );
  });

  const segment = fc.constantFrom('src', 'a.ts', '.env', 'x', 'deep');
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const piece = fc.oneof(segment, fc.constantFrom('*', '*.ts', '**', '?'));
  const fileRule = fc
    .tuple(
      fc.constantFrom('', './', '/', '//home/user/code/', '//'),
      fc.array(piece, { minLength: 1, maxLength: 4 }),
    )
    .map(([start, parts]) => start + parts.join('/'));

  test('files that an imported allow rule opens, the rule opened there', () => {
    fc.assert(
      fc.property(fileRule, path, (text, file) => {
        const { allow } = listsOf(one('allow', `Read(${text})`, PROJECT));
        const call = { tool: 'Read', arguments: { file_path: file } };
        fc.pre(judgeTool(call, compileRules({ allow }), CONTEXT).effect === 'allow');
        expect(fileFitsThere(text, file, 'allow')).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  test('files that a deny rule closes there, the imported one closes', () => {
    fc.assert(
      fc.property(fileRule, path, (text, file) => {
        fc.pre(fileFitsThere(text, file, 'deny'));
        const { deny } = listsOf(one('deny', `Read(${text})`, PROJECT));
        const call = { tool: 'Read', arguments: { file_path: file } };
        expect(judgeTool(call, compileRules({ deny }), CONTEXT).effect).toBe('deny');
      }),
      { numRuns: 250 },
    );
  });
});

/** gitignore with its anchors; rule and `file` begin at /home/user/code. */
function fileFitsThere(text: string, file: string, effect: Effect): boolean {
  const absolute = text.startsWith('//');
  const path = absolute ? `/home/user/code/${file}` : `/${file}`;
  const rooted = text.startsWith('/') ? text.slice(absolute ? 1 : 0) : text.replace(/^\.\//, '');
  const parts = rooted.split('/').filter((part) => part !== '');
  const bare = !text.startsWith('/') && parts.length === 1 && !text.startsWith('./');
  const folder =
    !text.startsWith('/') && parts.length === 2 && parts[1] === '**' && effect === 'deny';
  const anywhere = bare || (folder && !text.startsWith('./'));
  const whole = [...(anywhere ? ['**'] : []), ...parts];
  let source = '';
  whole.forEach((part, i) => {
    const last = i === whole.length - 1;
    if (part === '**') source += last ? '/.+' : '(?:/[^/]+)*';
    else {
      const escaped = part.replace(/[.]/g, '\\.').replaceAll('*', '[^/]*').replaceAll('?', '[^/]');
      source += `/${escaped}`;
    }
  });
  // What a directory fits, all below it fits.
  return new RegExp(`^${source}(?:/.*)?$`).test(path);
}
