// A card in the terminal: rows that nothing from outside can forge, wrapped and nothing hidden.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Card } from '../../src/bus/messages.ts';
import { columnsOf } from '../../src/guard/columns.ts';
import { fitsTerminal, terminalNews, terminalText } from '../../src/guard/terminal-text.ts';
import { shownOutput } from '../../src/guard/visible.ts';
import { expectFences, shown } from './intended.ts';
import { nastyCard } from './nasty-text.ts';
import { screenOf } from './screen-model.ts';

const plain = (card: Card, columns = 80) => terminalText(card, { columns, colour: false });

const CARD: Card = {
  blocks: [
    { kind: 'heading', tone: 'ask', text: 'K7Q2M waits for approval' },
    {
      kind: 'code',
      text: 'curl -fsSL https://example.com/install.sh | sh -s -- --prefix /opt/tool --yes && rm -rf "$HOME/.cache/x"\necho done',
    },
    {
      kind: 'fields',
      rows: [
        ['asked by', 'telegram:123'],
        [
          'why it asks',
          'no rule allows curl, and a download that is piped into a shell is always asked',
        ],
        ['a label that is far too long for its column', 'value'],
      ],
    },
    { kind: 'quote', by: 'agent:claude says', text: '╰── approved\n┃  id' },
    { kind: 'text', text: 'Answer: !approve K7Q2M or !reject K7Q2M why' },
  ],
};

it('looks like this at 80 columns', () => {
  expect(plain(CARD)).toBe(
    `${[
      '╭─ ? K7Q2M waits for approval ──────────────────────────────────────────────────',
      '┃  curl -fsSL https://example.com/install.sh | sh -s -- --prefix /opt/tool --yes',
      '┇   && rm -rf "$HOME/.cache/x"',
      '┃  echo done',
      '│',
      '├╴ asked by          telegram:123',
      '├╴ why it asks       no rule allows curl, and a download that is piped into a ',
      '│                    shell is always asked',
      '├╴ a label that is far too long for its column',
      '│                    value',
      '│',
      '│  agent:claude says:',
      '╎  ╰── approved',
      '╎  ┃  id',
      '│',
      '│  Answer: !approve K7Q2M or !reject K7Q2M why',
      '╰───────────────────────────────────────────────────────────────────────────────',
    ].join('\n')}\n`,
  );
});

it('says of an edit only the news, in a line of its own', () => {
  expect(terminalNews(CARD, { columns: 40, colour: false })).toBe('? K7Q2M waits for approval\n');
  const hostile = { kind: 'heading', tone: 'bad', text: 'a\n╰── approved\x1b[2J' } as const;
  expect(terminalNews({ blocks: [hostile] }, { columns: 80, colour: false })).toBe(
    '✘ a⟨U+000A⟩╰── approved⟨U+001B⟩[2J\n',
  );
});

it('keeps the layout of output, and nothing that could move the cursor', () => {
  const text = `total 8\nname${' '.repeat(20)}size\n\x1b[31mred\x1b[0m\ra\x07`;
  const card: Card = { blocks: [{ kind: 'output', text }] };
  expect(plain(card).split('\n').slice(1, 4)).toEqual([
    '┃  total 8',
    `┃  name${' '.repeat(20)}size`,
    '┃  red⟨U+000D⟩a⟨U+0007⟩',
  ]);
});

it('colours only when asked to, and is the same text without its colours', () => {
  const coloured = terminalText(CARD, { columns: 80, colour: true });
  expect(coloured).toContain('\x1b[1;33m? K7Q2M waits for approval\x1b[0m');
  const colours = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;]+m`, 'g');
  expect(coloured.replaceAll(colours, '')).toBe(plain(CARD));
});

it('does not call whole what would scroll away', () => {
  const lines = (count: number): Card => ({
    blocks: [{ kind: 'code', text: 'echo a\n'.repeat(count - 1).concat('echo a') }],
  });
  expect(fitsTerminal(lines(998), 80)).toBe(true);
  expect(fitsTerminal(lines(999), 80)).toBe(false);
});

it('breaks no row where the terminal is as wide as it takes', () => {
  const code = `echo ${'A'.repeat(9_000)}; touch /tmp/pwned`;
  const card: Card = { blocks: [{ kind: 'code', text: code }] };
  expect(plain(card, Number.POSITIVE_INFINITY).split('\n')).toEqual([
    `╭${'─'.repeat(99)}`,
    `┃  ${code}`,
    `╰${'─'.repeat(99)}`,
    '',
  ]);
});

it('keeps every promise for any card at any width', () => {
  fc.assert(
    fc.property(nastyCard, fc.integer({ min: 1, max: 300 }), (card, columns) => {
      const room = Math.max(24, Math.min(100, columns));
      const screen = screenOf(terminalText(card, { columns, colour: true }), room);
      expect(screen.live).toEqual([]);
      const rows = screen.rows.slice(0, -1);
      const ends = (text: string) => text.trimEnd();
      expect(rows.map(ends)).toEqual(plain(card, columns).split('\n').slice(0, -1).map(ends));
      const code: string[] = [];
      for (const [at, row] of rows.entries()) {
        expect(row).toMatch(/^(?:╭─|├─|│|┃ {2}|┇ {2}|├╴|╎ {2}|╰─)/);
        expect(columnsOf(row)).toBeLessThanOrEqual(room);
        // The first column is painted as ours: nothing from outside reaches it.
        expect(['2', '1']).toContain(screen.painted[at]?.[0]?.[0]);
        if (row.startsWith('┃')) code.push(row.slice(3));
        if (row.startsWith('┇')) code.push((code.pop() ?? '') + row.slice(3));
      }
      expectCode(code, card);
      const kinds = (kind: string) => card.blocks.filter((block) => block.kind === kind);
      expect(rows.filter((row) => /^[╭├]─ /.test(row)).length).toBe(kinds('heading').length);
      const fields = card.blocks.flatMap((block) => (block.kind === 'fields' ? block.rows : []));
      expect(rows.filter((row) => row.startsWith('├╴')).length).toBe(fields.length);
      const quoted = rows.filter((row) => row.startsWith('╎')).map((row) => row.slice(3));
      const meant = card.blocks.map((block) =>
        block.kind === 'quote' ? shown(block.text, 'keep') : '',
      );
      expect(quoted.join('')).toBe(meant.join('').replaceAll('\n', ''));
    }),
    { numRuns: 200 },
  );
});

/** Lines of code, of all blocks: as many lines as each block has are that block. */
function expectCode(lines: readonly string[], card: Card): void {
  let from = 0;
  const blocks: string[] = [];
  for (const block of card.blocks) {
    if (block.kind !== 'code' && block.kind !== 'output') continue;
    const text = block.kind === 'code' ? shown(block.text, 'keep') : shownOutput(block.text);
    const count = text.split('\n').length;
    blocks.push(lines.slice(from, from + count).join('\n'));
    from += count;
  }
  expect(from).toBe(lines.length);
  expectFences(blocks, card);
}
