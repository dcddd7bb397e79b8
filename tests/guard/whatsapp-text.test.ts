// A WhatsApp message shows exactly what the card says, where it says it, and pings nobody.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Card, CardBlock } from '../../src/bus/messages.ts';
import { inRunningOrder } from '../../src/guard/direction.ts';
import { shownOutput } from '../../src/guard/visible.ts';
import { whatsAppParts } from '../../src/guard/whatsapp-text.ts';
import { type Run, shown, shownOnes } from './intended.ts';
import { nastyCard } from './nasty-text.ts';
import { whatsAppRuns } from './whatsapp-model.ts';

const runsOf = (card: Card) => whatsAppParts(card).messages.map(({ text }) => whatsAppRuns(text));
const code = (text: string): Card => ({ blocks: [{ kind: 'code', text }] });

it('renders an approval as people see it', () => {
  const card: Card = {
    blocks: [
      { kind: 'heading', tone: 'ask', text: 'K7Q2M waits for approval' },
      { kind: 'code', text: 'git push origin main\ngit status' },
      { kind: 'fields', rows: [['in', '/home/me']] },
      { kind: 'quote', by: 'agent:claude says', text: 'safe, *really*\n\nsee https://x.y' },
      { kind: 'text', text: 'Answer: !approve K7Q2M or call +1 555 010' },
    ],
  };
  expect(whatsAppParts(card)).toEqual({
    whole: true,
    messages: [
      {
        text: [
          '✋ *K7Q2M waits for approval*',
          '',
          '```git push origin main',
          'git status```',
          '',
          '*in*: ```/home/me```',
          '',
          '```agent:claude says```:',
          '```> safe, *really*',
          '> ',
          '> see https://x.y```',
          '',
          'Answer: !approve K7Q2M or call ```+1``` ```555``` ```010```',
        ].join('\n'),
        mentions: [],
        linkPreview: null,
      },
    ],
  });
});

describe('keeps code in its fence', () => {
  it.each([
    ["echo '```'; touch /tmp/pwned #```", "echo '⟨U+0060 × 3⟩'; touch /tmp/pwned #⟨U+0060 × 3⟩"],
    ['`date` `id`', '⟨U+0060⟩date` `id⟨U+0060⟩'],
    [' ls', '⟨1 space⟩ls'],
    ['    ls', '⟨1 space⟩   ls'],
    ['\nls\n', '⟨1 newline⟩\nls\n⟨1 newline⟩'],
    ['*b* _i_ ~s~ @15550109999 https://x.y', '*b* _i_ ~s~ @15550109999 https://x.y'],
    ['- list\n> quote\n1. one', '- list\n> quote\n1. one'],
  ])('%j', (text, inside) => {
    expect(runsOf(code(text))).toEqual([[{ kind: 'fence', text: inside }]]);
  });
});

it.each([
  '*bold* _italic_ ~struck~ `code` ```fence```',
  '*two words* and _two words_',
  '@15550109999 +1 555 010 9999 https://evil.example wa.me/15550109999',
])('shows signs as signs outside of it: %s', (text) => {
  const [runs = []] = runsOf({ blocks: [{ kind: 'text', text }] });
  expect(runs.filter(({ kind }) => kind === 'live')).toEqual([]);
  const words = runs.map((run) => run.text).join('');
  expect(words.replaceAll('⟨U+0060⟩', '`')).toBe(text);
});

it('takes no line of a text for a list or a quotation', () => {
  const text = '- a\n* b\n1. c\n2) d\n> e\n>f\n  - g';
  const [runs = []] = runsOf({ blocks: [{ kind: 'text', text }] });
  expect(runs.filter(({ kind }) => kind === 'live')).toEqual([]);
  expect(runs.map((run) => run.text).join('')).toBe(text);
});

it('takes several messages for long code, and refuses what needs more than four', () => {
  const { whole, messages } = whatsAppParts(code(`echo ${'A'.repeat(9_000)}; touch /tmp/pwned`));
  expect([whole, messages.length]).toEqual([true, 3]);
  expect(whatsAppParts(code('A'.repeat(20_000)))).toMatchObject({
    whole: false,
    refused: 'too long to be shown whole in 4 WhatsApp messages',
  });
});

it('keeps every promise for any card', () => {
  fc.assert(
    fc.property(nastyCard, (card) => {
      const { whole, messages } = whatsAppParts(card);
      expect(messages.length).toBeLessThanOrEqual(4);
      for (const { text, mentions, linkPreview } of messages) {
        expect(text.length).toBeLessThanOrEqual(4_096);
        expect(text.trim()).not.toBe('');
        expect(text.isWellFormed()).toBe(true);
        expect([mentions, linkPreview]).toEqual([[], null]);
      }
      const parsed = messages.map(({ text }) => whatsAppRuns(text));
      expect(parsed.flat().filter(({ kind }) => kind === 'live')).toEqual([]);
      if (!whole || messages.length > 1) return;
      const runs = (parsed[0] ?? []).map(({ kind, text }) => ({ kind, text: asRead(text) }));
      const meant = intended(card);
      expect(runs.map(({ text }) => text).join('')).toBe(meant.map(({ text }) => text).join(''));
      // What is meant for a fence stands in one, by itself; words of prose may stand in others.
      const places = fencePlaces(runs);
      expect(fencePlaces(meant).filter((place) => !places.includes(place))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** Where fences begin and end in the text as a whole. */
function fencePlaces(runs: readonly Run[]): string[] {
  let at = 0;
  return runs.flatMap(({ kind, text }) => {
    at += text.length;
    return kind === 'fence' ? [`${at - text.length}-${at}`] : [];
  });
}

/** With the marks undone that name what would end a fence. */
function asRead(text: string): string {
  return text
    .replaceAll('⟨1 space⟩', ' ')
    .replaceAll(/⟨U\+0060(?: × (\d+))?⟩/g, (_, times) => '`'.repeat(Number(times ?? 1)));
}

const ICONS = { ask: '✋', good: '✅', bad: '⛔', info: 'ℹ️' };

function intended(card: Card): Run[] {
  const blocks = shownOnes(card);
  if (blocks.length === 0) return [{ kind: 'text', text: '⟨empty⟩' }];
  return blocks
    .flatMap((block, at): Run[] => [
      { kind: 'text', text: at === 0 ? '' : '\n\n' },
      ...intendedBlock(block),
    ])
    .map(({ kind, text }) => ({ kind, text: asRead(text) }));
}

function intendedBlock(block: CardBlock): Run[] {
  switch (block.kind) {
    case 'heading':
      return [{ kind: 'text', text: `${ICONS[block.tone]} ${shown(block.text)}` }];
    case 'text':
      return [{ kind: 'text', text: shown(block.text, 'keep') }];
    case 'code':
      return [{ kind: 'fence', text: inRunningOrder(shown(block.text, 'keep')) }];
    case 'output':
      return [{ kind: 'fence', text: shownOutput(block.text) || '⟨empty⟩' }];
    case 'fields':
      return block.rows.flatMap(([label, value], at): Run[] => [
        { kind: 'text', text: `${at === 0 ? '' : '\n'}${shown(label)}: ` },
        { kind: 'fence', text: shown(value) },
      ]);
    case 'quote': {
      const lines = shown(block.text, 'keep').split('\n');
      return [
        { kind: 'fence', text: shown(block.by) },
        { kind: 'text', text: ':\n' },
        { kind: 'fence', text: lines.map((line) => `> ${line}`).join('\n') },
      ];
    }
  }
}
