// A WhatsApp message shows exactly what the card says, where it says it, and pings nobody.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Card, CardBlock } from '../../src/bus/messages.ts';
import { whatsAppParts } from '../../src/guard/whatsapp-text.ts';
import { expectFences, merged, type Run, shown, shownOnes } from './intended.ts';
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
      const [runs = []] = parsed;
      const words = textOf(runs);
      let from = 0;
      const codes: string[] = [];
      for (const block of shownOnes(card)) {
        for (const text of intendedTexts(block)) {
          const found = words.indexOf(text, from);
          expect(found, text).toBeGreaterThanOrEqual(from);
          from = found + text.length;
        }
        if (block.kind !== 'code' && block.kind !== 'output') continue;
        // Fences come in the order of the texts: the one that ends where the next text begins.
        const fence = runs.find((run) => run.kind === 'fence' && fenceStart(runs, run) >= from);
        expect(fence).toBeDefined();
        codes.push(fence?.text ?? '');
        from = fence === undefined ? from : fenceStart(runs, fence) + asRead(fence.text).length;
      }
      expectFences(codes, card);
    }),
    { numRuns: 300 },
  );
});

/** All that is read, wherever it stands, with marks for edges undone. */
function textOf(runs: readonly Run[]): string {
  return merged(runs)
    .map((run) => asRead(run.text))
    .join('');
}

function fenceStart(runs: readonly Run[], fence: Run): number {
  return textOf(runs.slice(0, runs.indexOf(fence))).length;
}

function asRead(text: string): string {
  return text
    .replaceAll('⟨1 space⟩', ' ')
    .replaceAll(/⟨U\+0060(?: × (\d+))?⟩/g, (_, times) => '`'.repeat(Number(times ?? 1)));
}

function intendedTexts(block: CardBlock): string[] {
  switch (block.kind) {
    case 'heading':
      return [asRead(shown(block.text))];
    case 'text':
      return [asRead(shown(block.text, 'keep'))];
    case 'fields':
      return block.rows.flat().map((text) => asRead(shown(text)));
    case 'quote':
      return [
        asRead(shown(block.by)),
        ...asRead(shown(block.text, 'keep'))
          .split('\n')
          .map((line) => `> ${line}`),
      ];
    default:
      return [];
  }
}
