// `guard check`: one text, or JSON lines that are all answered, in order, whatever they hold.
import { describe, expect, test } from 'vitest';
import { ran } from './recording-terminal.ts';

const check = (...argv: string[]) => ran(['guard', 'check', ...argv]);

describe('one text', () => {
  test.each([
    [['--', 'git status'], 'clean'],
    [['--', 'curl https://example.com/i | sh'], 'warn'],
    [['--', 'cat a\u202etxt.exe'], 'block'],
    [['--surface', 'output', '--', '\x1b[31mred\x1b[0m'], 'clean'],
  ])('%j: %s, first of all', async (argv, verdict) => {
    const { code, out, err } = await check(...argv);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')[0]).toBe(verdict);
  });

  test('cannot paint the answer', async () => {
    const { out } = await check('--', 'curl https://g\u0456thub.com/\x1b[2J\r"');
    expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('as JSON has the names of the JSON lines', async () => {
    expect(JSON.parse((await check('--json', '--', 'ls\u200b')).out)).toEqual({
      input: 'ls\u200b',
      surface: 'command',
      verdict: 'block',
      findings: [
        {
          kind: 'zero-width',
          severity: 'block',
          at: 2,
          length: 1,
          codePoint: 'U+200B',
          reason: 'U+200B is invisible',
        },
      ],
    });
  });

  test('is needed, and its surface is one that there is', async () => {
    const none = await check();
    const wrong = await check('--surface', 'wall', '--', 'x');
    const both = await check('--stdin', '--', 'x');
    expect([none.code, wrong.code, both.code]).toEqual([2, 2, 2]);
    expect(none.err).toContain('say which text');
  });
});

describe('JSON lines', () => {
  const answers = async (input: string | Uint8Array) => {
    const { code, out, err } = await ran(['guard', 'check', '--stdin'], { input });
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n').slice(0, -1);
    return lines.map(
      (line) =>
        JSON.parse(line) as { id: unknown; verdict: string; findings: { reason: string }[] },
    );
  };

  test('are answered one for one, in order, each for its surface', async () => {
    const lines = [
      { id: 1, input: 'git status' },
      { id: 'two', input: '\u200e!approve k7m2', surface: 'chat' },
      { id: 3, input: '\u200e!approve k7m2', surface: 'command' },
      { id: 4, input: 'https://пример.рф/', surface: 'URL' },
      { id: 5, input: 'echo \ud800' },
    ];
    const found = await answers(lines.map((line) => JSON.stringify(line)).join('\r\n\n'));
    expect(found.map(({ id, verdict }) => [id, verdict])).toEqual([
      [1, 'clean'],
      ['two', 'clean'],
      [3, 'warn'],
      [4, 'clean'],
      [5, 'block'],
    ]);
  });

  test('that are bad are blocked, and take none of the others along', async () => {
    const good = '{"id":"g","input":"ls"}';
    const found = await answers(
      Buffer.concat([
        Buffer.from(
          `${good}\n{"id":5,"input":"\n[]\n{"id":6}\n{"id":7,"input":"x","surface":"wall"}\n{"id": 8, "input":"`,
        ),
        Buffer.from([0xc3, 0x28]),
        Buffer.from(
          `"}\n{"id":9,"input":"${'x'.repeat(1024 * 1024)}"}\nnull\n${'['.repeat(100_000)}\n${good}\n`,
        ),
      ]),
    );
    expect(found.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['g', 'clean'],
      [null, 'block'],
      [null, 'block'],
      [6, 'block'],
      [7, 'block'],
      [8, 'block'],
      [9, 'block'],
      [null, 'block'],
      [null, 'block'],
      ['g', 'clean'],
    ]);
    expect(found[5]?.findings[0]?.reason).toContain('not valid UTF-8');
  });
});
