// A Discord message shows exactly what the card says, where it says it, and pings nobody.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Card, CardBlock } from '../../src/bus/messages.ts';
import { type DiscordMessage, discordParts } from '../../src/guard/discord-text.ts';
import { discordRuns } from './discord-model.ts';
import {
  expectFences,
  fences,
  merged,
  type Run,
  shown,
  shownOnes,
  withoutFences,
} from './intended.ts';
import { nastyCard } from './nasty-text.ts';

const contents = (card: Card) => discordParts(card).messages.map(({ content }) => content);
const runsOf = (card: Card) => contents(card).map(discordRuns);
const code = (text: string): Card => ({ blocks: [{ kind: 'code', text }] });

it('renders an approval as people see it', () => {
  const card: Card = {
    blocks: [
      { kind: 'heading', tone: 'ask', text: 'K7Q2M waits for approval' },
      { kind: 'code', text: 'git push origin main\ngit status' },
      { kind: 'fields', rows: [['in', '/home/me/a_b_c']] },
      { kind: 'quote', by: 'agent:claude says', text: 'safe, **really**\n\n> ask @everyone' },
      { kind: 'text', text: 'Answer: !approve K7Q2M' },
    ],
  };
  expect(discordParts(card)).toEqual({
    whole: true,
    messages: [
      {
        content: [
          '✋ **K7Q2M waits for approval**',
          '```',
          'git push origin main',
          'git status',
          '```',
          '**in**: `/home/me/a_b_c`',
          '`agent:claude says`:',
          '> safe\\, \\*\\*really\\*\\*',
          '> ⟨empty line⟩',
          '> \\> ask \\@everyone',
          '',
          'Answer\\: \\!approve K7Q2M',
        ].join('\n'),

        allowed_mentions: { parse: [], replied_user: false },
        flags: 4,
      },
    ],
  });
});

describe('keeps code in its fence', () => {
  it.each([
    ["echo '```'; touch /tmp/pwned #```", "echo '⟨U+0060 × 3⟩'; touch /tmp/pwned #⟨U+0060 × 3⟩"],
    ['````\n@everyone', '⟨U+0060 × 4⟩\n@everyone'],
    ['echo `date` ``', 'echo `date` ``'],
    ['js\nrm -rf /', 'js\nrm -rf /'],
    ['\n\nls', '⟨2 newlines⟩\nls'],
    ['ls\n', 'ls\n⟨1 newline⟩'],
    ['<@123> @everyone https://evil.example', '<@123> @everyone https://evil.example'],
    ['echo \\`\\`\\`', 'echo \\`\\`\\`'],
  ])('%j', (text, inside) => {
    expect(runsOf(code(text))).toEqual([[{ kind: 'fence', text: inside }]]);
  });
});

it.each([
  '@everyone @here <@123> <@&1> <#2> </cmd:3> <:e:4> <t:1:R> <id:guide> <https://x.y>',
  '[a](https://evil.example) https://evil.example discord.gg/abc :smile: ¯\\_(ツ)_/¯',
  '**b** *i* _i_ __u__ ~~s~~ ||x|| `c` ```f``` # h',
  '# heading\n## two\n-# small\n- list\n1. one\n> quote\n>>> all',
  '\\*already\\* \\@everyone \\\\',
])('shows signs as signs, wherever they stand: %s', (text) => {
  const card: Card = {
    blocks: [
      { kind: 'heading', tone: 'info', text },
      { kind: 'text', text },
      { kind: 'fields', rows: [[text, text]] },
      { kind: 'quote', by: text, text },
    ],
  };
  const [runs = []] = runsOf(card);
  const line = text.replaceAll('\n', '⟨U+000A⟩');
  const inSpan = line.replaceAll('`', '⟨U+0060⟩');
  expect(runs).toEqual([
    { kind: 'text', text: 'ℹ️ ' },
    { kind: 'bold', text: line },
    { kind: 'text', text: `\n${text}\n` },
    { kind: 'bold', text: line },
    { kind: 'text', text: ': ' },
    { kind: 'code', text: inSpan },
    { kind: 'text', text: '\n' },
    { kind: 'code', text: inSpan },
    { kind: 'text', text: ':\n' },
    { kind: 'quote', text },
    { kind: 'text', text: '\n' },
  ]);
});

it('takes several messages for long code, and refuses what needs more than six', () => {
  const long = code(`echo ${'A'.repeat(9_000)}; touch /tmp/pwned`);
  const { whole, messages } = discordParts(long);
  expect([whole, messages.length]).toEqual([true, 5]);
  expect(messages.at(-1)?.content).toContain('; touch /tmp/pwned');
  const longer = discordParts(code('A'.repeat(20_000)));
  expect(longer).toMatchObject({
    whole: false,
    refused: 'too long to be shown whole in 6 Discord messages',
  });
  expect(longer.messages[0]?.content).toContain('Not shown whole');
});

it('keeps every promise for any card', () => {
  fc.assert(
    fc.property(nastyCard, (card) => {
      const { whole, messages } = discordParts(card);
      expect(messages.length).toBeLessThanOrEqual(6);
      for (const message of messages) expectSendable(message);
      const parsed = messages.map(({ content }) => discordRuns(content));
      expect(parsed.flat().filter(({ kind }) => kind === 'live')).toEqual([]);
      if (!whole) return;
      expectFences(fences(parsed), card);
      if (messages.length === 1) {
        expect(withoutFences(parsed[0] ?? [])).toEqual(intended(card));
      }
    }),
    { numRuns: 300 },
  );
});

function expectSendable({ content, allowed_mentions, flags }: DiscordMessage): void {
  expect(content.length).toBeLessThanOrEqual(2_000);
  expect(content.trim()).not.toBe('');
  expect(content.isWellFormed()).toBe(true);
  expect([allowed_mentions, flags]).toEqual([{ parse: [], replied_user: false }, 4]);
}

const ICONS = { ask: '✋', good: '✅', bad: '⛔', info: 'ℹ️' };

/** The card as runs, were there no Markdown. */
function intended(card: Card): Run[] {
  const runs = shownOnes(card).flatMap((block, at): Run[] => {
    const gap: Run = { kind: 'text', text: at === 0 ? '' : '\n' };
    return [gap, ...intendedBlock(block)];
  });
  return runs.length === 0 ? [{ kind: 'text', text: '⟨empty⟩' }] : merged(runs);
}

function intendedBlock(block: CardBlock): Run[] {
  const span = (text: string) => shown(text).replaceAll('`', '⟨U+0060⟩');
  switch (block.kind) {
    case 'heading':
      return [
        { kind: 'text', text: `${ICONS[block.tone]} ` },
        { kind: 'bold', text: shown(block.text) },
      ];
    case 'text':
      return [{ kind: 'text', text: shown(block.text, 'keep') }];
    case 'code':
    case 'output':
      return [{ kind: 'fence', text: '…' }];
    case 'fields':
      return block.rows.flatMap(([label, value], at): Run[] => [
        { kind: 'text', text: at === 0 ? '' : '\n' },
        { kind: 'bold', text: shown(label) },
        { kind: 'text', text: ': ' },
        { kind: 'code', text: span(value) },
      ]);
    case 'quote': {
      const lines = shown(block.text, 'keep').split('\n');
      return [
        { kind: 'code', text: span(block.by) },
        { kind: 'text', text: ':\n' },
        { kind: 'quote', text: lines.map((line) => line || '⟨empty line⟩').join('\n') },
        { kind: 'text', text: '\n' },
      ];
    }
  }
}
