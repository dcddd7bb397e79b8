// The contract of `policy check --stdin`: one line in, one line out, whatever comes.
import { expect, test } from 'vitest';
import { checkLine } from '../../src/policies/check-line.ts';
import { compileRules } from '../../src/policies/rules.ts';

const RULES = compileRules({ allow: ['ls'], deny: ['rm *'] });
const DEFAULTS = { cwd: '/workspace', home: null };
const check = (line: string) => JSON.parse(checkLine(line, RULES, DEFAULTS));

test('a line is judged by the rules of the file', () => {
  expect(check('{"id":"a","command":"ls"}')).toEqual({
    id: 'a',
    effect: 'allow',
    understood: true,
    commands: [['ls']],
    reasons: ['allowed by allow: ls'],
  });
});

test('given lists replace the rules and are taken as they are', () => {
  const line = JSON.stringify({ id: 7, command: 'bash -c "rm $X"', allow: ['*'], deny: ['rm *'] });
  expect(check(line)).toEqual({
    id: 7,
    effect: 'deny',
    understood: false,
    commands: [
      ['bash', '-c', null],
      ['rm', null],
    ],
    reasons: expect.arrayContaining(['rm ?: denied by deny: rm *']),
  });
  expect(check('{"id":1,"command":"ls","allow":[]}').effect).toBe('ask');
});

test.each([
  ['not JSON', '{"id":', null],
  ['empty', '', null],
  ['a list', '[]', null],
  ['no id', '{"command":"ls"}', null],
  ['no command', '{"id":"x"}', 'x'],
  ['wrong types', '{"id":"x","command":5,"allow":"ls"}', 'x'],
  ['a relative directory', '{"id":"x","command":"ls","cwd":"src"}', 'x'],
])('%s: answered with ask and the reason', (_name, line, id) => {
  const answer = check(line);
  expect(answer).toEqual({
    id,
    effect: 'ask',
    understood: false,
    commands: [],
    reasons: [expect.stringMatching(/./)],
  });
});

test('an answer is one line, whatever the command holds', () => {
  const answer = checkLine(JSON.stringify({ id: 'a\nb', command: 'ls\n\n$(\n' }), RULES, DEFAULTS);
  expect(answer.split('\n')).toHaveLength(1);
});

test('a tool call is judged by the same rules, and answered in the same form', () => {
  const call = (given: object) => check(JSON.stringify({ id: 1, allow: ['read *.md'], ...given }));
  expect(call({ tool: 'Read', arguments: { file_path: 'docs/a.md' } })).toEqual({
    id: 1,
    effect: 'allow',
    understood: true,
    commands: [['read', '/workspace/docs/a.md']],
    reasons: ['allowed by allow: read *.md'],
  });
  const effects = [
    { tool: 'Read', arguments: { file_path: '../a.md' } },
    { tool: 'Read' },
    { tool: 'Read', arguments: { file_path: 'a.md' }, command: 'ls' },
    { tool: 'Read', arguments: ['a.md'] },
    { tool: '' },
  ].map((given) => call(given).effect);
  expect(effects).toEqual(['ask', 'ask', 'ask', 'ask', 'ask']);
});
