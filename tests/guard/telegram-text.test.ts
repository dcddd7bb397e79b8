// A Telegram message shows exactly what the card says, where it says it, and pings nobody.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Card } from '../../src/bus/messages.ts';
import { fitsTelegram, telegramText } from '../../src/guard/telegram-text.ts';
import { plainOutput, visible } from '../../src/guard/visible.ts';
import { liveParts } from './autolink-model.ts';
import { nastyCard } from './nasty-text.ts';

/** The parts of a message as a client shows them: runs of text with the type of their entity. */
function parts(card: Card): [type: string, text: string][] {
  const { text, entities } = telegramText(card);
  const shown: [string, string][] = [];
  let at = 0;
  for (const { type, offset, length } of entities) {
    if (offset > at) shown.push(['plain', text.slice(at, offset)]);
    shown.push([type, text.slice(offset, offset + length)]);
    at = offset + length;
  }
  if (at < text.length) shown.push(['plain', text.slice(at)]);
  return shown;
}

it('renders an approval as people see it', () => {
  const card: Card = {
    blocks: [
      { kind: 'heading', tone: 'ask', text: 'K7Q2M waits for approval' },
      { kind: 'code', text: 'git push origin main\ngit status' },
      {
        kind: 'fields',
        rows: [
          ['asked by', 'telegram:123'],
          ['in', '/home/me/project'],
        ],
      },
      { kind: 'quote', by: 'agent:claude says', text: 'deploys it, see https://ci.example @boss' },
      { kind: 'text', text: 'Answer: !approve K7Q2M or !reject K7Q2M why' },
    ],
  };
  expect(parts(card)).toEqual([
    ['plain', '✋ '],
    ['bold', 'K7Q2M waits for approval'],
    ['plain', '\n'],
    ['pre', 'git push origin main\ngit status'],
    ['plain', '\n\n'],
    ['bold', 'asked by'],
    ['plain', ': '],
    ['code', 'telegram:123'],
    ['plain', '\n'],
    ['bold', 'in'],
    ['plain', ': '],
    ['code', '/home/me/project'],
    ['plain', '\n\n'],
    ['code', 'agent:claude says'],
    ['plain', ':\n'],
    ['italic', 'deploys it, see'],
    ['plain', ' '],
    ['code', 'https://ci.example'],
    ['plain', ' '],
    ['code', '@boss'],
    ['plain', '\n\nAnswer: !approve K7Q2M or !reject K7Q2M why'],
  ]);
  expect(fitsTelegram(card)).toBe(true);
});

it.each([
  "echo '</code></pre><b>Safe</b>'; touch /tmp/pwned",
  "echo '```'; touch /tmp/pwned #```",
  'echo *a* _b_ ~c~ ||d|| [e](https://evil.example); touch /tmp/pwned',
])('keeps code in its block: %s', (code) => {
  expect(parts({ blocks: [{ kind: 'code', text: code }] })).toEqual([['pre', code]]);
});

it('names the marks that Telegram takes out of messages', () => {
  expect(parts({ blocks: [{ kind: 'code', text: 'cd a\u030angstro\u0333m' }] })).toEqual([
    ['pre', 'cd a⟨U+030A⟩ngstro⟨U+0333⟩m'],
  ]);
});

it('cuts code that is too long in the middle, says what it cut, and does not call that whole', () => {
  const code = `begin ${'x'.repeat(9_000)} end; rm -rf /`;
  const card: Card = {
    blocks: [
      { kind: 'heading', tone: 'ask', text: 'K7Q2M waits' },
      { kind: 'code', text: code },
      { kind: 'fields', rows: [['in', '/home/me']] },
    ],
  };
  const shown = parts(card);
  const kept = shown.filter(([type]) => type === 'pre').map(([, text]) => text);
  expect(kept.map((text) => text.length)).toEqual([2_000, 1_000]);
  expect(code.startsWith(kept[0] ?? '-') && code.endsWith(kept[1] ?? '-')).toBe(true);
  const message = telegramText(card).text;
  expect(message).toContain(
    `⟨cut: ${code.length - 3_000} of ${code.length} characters are not shown⟩`,
  );
  expect(message).toContain('Not shown whole: too long for one Telegram message.');
  expect(message).toContain('/home/me');
  expect(fitsTelegram(card)).toBe(false);
});

it('shows the longest code that fits whole, and not one character more', () => {
  const card = (length: number): Card => ({ blocks: [{ kind: 'code', text: 'x'.repeat(length) }] });
  expect(telegramText(card(4_096))).toEqual({
    text: 'x'.repeat(4_096),
    entities: [{ type: 'pre', offset: 0, length: 4_096 }],
    whole: true,
  });
  expect(fitsTelegram(card(4_097))).toBe(false);
});

it('counts a character outside the basic plane as two, as Telegram’s offsets do', () => {
  expect(fitsTelegram({ blocks: [{ kind: 'code', text: '𝕏'.repeat(2_048) }] })).toBe(true);
  expect(fitsTelegram({ blocks: [{ kind: 'code', text: '𝕏'.repeat(2_049) }] })).toBe(false);
});

it('needs no more entities than Telegram takes, however many words could be links', () => {
  const card: Card = { blocks: [{ kind: 'text', text: '@a1 '.repeat(300).trim() }] };
  expect(telegramText(card)).toEqual({
    text: '@a1 '.repeat(300).trim(),
    entities: [{ type: 'code', offset: 0, length: 1_199 }],
    whole: true,
  });
});

it('keeps every promise for any card', () => {
  fc.assert(
    fc.property(nastyCard, (card) => {
      const { text, entities, whole } = telegramText(card);
      expect(text.length).toBeLessThanOrEqual(4_096);
      expect(text.length).toBeGreaterThan(0);
      expect(entities.length).toBeLessThanOrEqual(100);
      expect(text.isWellFormed()).toBe(true);
      expect(liveParts(text, entities)).toEqual([]);
      let at = 0;
      for (const { type, offset, length } of entities) {
        expect(['bold', 'italic', 'code', 'pre']).toContain(type);
        expect(offset).toBeGreaterThanOrEqual(at);
        expect(length).toBeGreaterThan(0);
        at = offset + length;
        expect(text.slice(offset, at).isWellFormed()).toBe(true);
      }
      expect(at).toBeLessThanOrEqual(text.length);
      expect(text.includes('Not shown whole')).toBe(!whole);
      if (!whole) return;
      const asSent = (each: string) =>
        each
          .replaceAll('\u030a', '⟨U+030A⟩')
          .replaceAll('\u0333', '⟨U+0333⟩')
          .replaceAll('\u033f', '⟨U+033F⟩');
      const shown = (each: string, newlines: 'keep' | 'show') =>
        asSent(visible(each, { newlines }));
      const code = card.blocks.flatMap((block) => {
        if (block.kind === 'code') return [shown(block.text, 'keep') || '⟨empty⟩'];
        return block.kind === 'output' ? [asSent(plainOutput(block.text)) || '⟨empty⟩'] : [];
      });
      const pre = entities.filter(({ type }) => type === 'pre');
      expect(pre.map(({ offset, length }) => text.slice(offset, offset + length))).toEqual(code);
      // Everything is there, in order.
      let from = 0;
      for (const each of card.blocks) {
        const words =
          each.kind === 'fields'
            ? each.rows.flat().map((word) => shown(word, 'show'))
            : [
                ...(each.kind === 'quote' ? [shown(each.by, 'show')] : []),
                each.kind === 'output'
                  ? asSent(plainOutput(each.text))
                  : shown(each.text, each.kind === 'heading' ? 'show' : 'keep'),
              ];
        for (const word of words) {
          const found = text.indexOf(word, from);
          expect(found).toBeGreaterThanOrEqual(from);
          from = found + word.length;
        }
      }
    }),
    { numRuns: 400 },
  );
});
