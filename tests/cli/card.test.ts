// `card render`: JSON lines that are all answered, in order, with what each platform would be sent.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ran } from './recording-terminal.ts';

interface Answer {
  readonly id: unknown;
  readonly text: string;
  readonly parts?: number;
  readonly refused?: true;
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const run = (argv: readonly string[], input: string | Uint8Array = '') =>
  ran(['card', 'render', ...argv], { cwd: root, env: { COUNTERSIGN_DATA: root }, input });

async function answers(input: string | Uint8Array): Promise<Answer[]> {
  const { code, out, err } = await run(['--stdin'], input);
  expect([code, err]).toEqual([0, '']);
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Answer);
}

const asked = (lines: readonly object[]) =>
  answers(lines.map((one) => JSON.stringify(one)).join('\n'));

test('the card of a command is what the chat would be sent', async () => {
  const [answer] = await asked([
    { id: 1, command: 'git push', cwd: '/a\nb', platform: 'telegram' },
  ]);
  expect(answer).toEqual({ id: 1, text: expect.any(String), parts: 1 });
  const lines = answer?.text.split('\n') ?? [];
  expect(lines.slice(0, 2)).toEqual(['✋ K7Q2M waits for approval', 'git push']);
  expect(lines).toContain('in: /a⟨U+000A⟩b');
});

test('every platform is there, and says in how many messages', async () => {
  const command = `echo ${'A'.repeat(9_000)}; touch x`;
  const platforms = ['telegram', 'discord', 'whatsapp', 'console', 'web'];
  const found = await asked(platforms.map((platform) => ({ id: platform, command, platform })));
  expect(found.map(({ id, parts }) => [id, parts])).toEqual([
    ['telegram', 3],
    ['discord', 5],
    ['whatsapp', 3],
    ['console', 1],
    ['web', 1],
  ]);
  for (const { text } of found) expect(text).toContain('; touch x');
});

test('rules that were named are judged by', async () => {
  const policies = join(root, 'rules.yaml');
  await writeFile(policies, 'version: 1\nrules:\n  - deny: git push *\n    reason: not today\n');
  const line = JSON.stringify({ id: 1, command: 'git push', platform: 'console' });
  const { out } = await run(['--stdin', '--policies', policies], line);
  expect((JSON.parse(out) as Answer).text).toContain('not today');
});

describe('what cannot be shown whole is refused', () => {
  test('for its length', async () => {
    const [answer] = await asked([
      { id: 1, command: 'echo a\n'.repeat(4_000), platform: 'discord' },
    ]);
    expect(answer).toEqual({
      id: 1,
      refused: true,
      text: 'too long to be shown whole in 6 Discord messages',
    });
  });

  test('as is what could not be asked at all', async () => {
    const platform = 'console';
    const found = await asked([
      { id: 1, command: '', platform },
      { id: 2, command: 'a\ud800', platform },
      { id: 3, command: 'a\0b', platform },
      { id: 4, command: 'x'.repeat(70_000), platform },
    ]);
    expect(found.map(({ id, refused }) => [id, refused])).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [4, true],
    ]);
    for (const { text } of found) expect(text).toContain('cannot be asked');
  });
});

test('bad lines are answered as well, and take none of the others along', async () => {
  const good = '{"id":"g","command":"ls","platform":"web"}';
  const found = await answers(
    Buffer.concat([
      Buffer.from(`${good}\n{"id":5,"command":"\n[]\n{"id":6}\n{"id":7,"command":"`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}\n{"id":8,"command":"ls","platform":"fax"}\nnull\n'),
      Buffer.from(`{"id":9,"command":"${'x'.repeat(1024 * 1024)}","platform":"web"}\n${good}\n`),
    ]),
  );
  expect(found.map(({ id, refused }) => [id, refused])).toEqual([
    ['g', undefined],
    [5, true],
    [null, true],
    [6, true],
    [7, true],
    [8, true],
    [null, true],
    [9, true],
    ['g', undefined],
  ]);
  expect(found[5]?.text).toContain('platform');
});

test('it needs --stdin', async () => {
  const { code, out, err } = await run([]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('give --stdin');
});

const corpus = new URL('./cases/display.jsonl', import.meta.url);

interface DisplayCase {
  readonly id: string;
  readonly category: string;
  readonly command: string;
  readonly cwd?: string;
  readonly display?: { readonly must_show?: string[]; readonly must_not_show_raw?: string[] };
}

test('the labelled display cases show what they must', async () => {
  const cases = readFileSync(corpus, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"prompt-display"'))
    .map((line) => JSON.parse(line) as DisplayCase);
  expect(cases.length).toBeGreaterThan(10);
  for (const platform of ['telegram', 'discord', 'whatsapp', 'console']) {
    const found = await asked(
      cases.map(({ id, command, cwd }) => ({ id, command, cwd, platform })),
    );
    const wrong = cases.flatMap(({ id, display }, at) => {
      const text = found[at]?.text ?? '';
      const missing = display?.must_show?.filter((each) => !text.includes(each)) ?? [];
      const raw = display?.must_not_show_raw?.filter((each) => text.includes(each)) ?? [];
      return missing.length + raw.length > 0 ? [{ platform, id, missing, raw }] : [];
    });
    expect(wrong).toEqual([]);
  }
});
