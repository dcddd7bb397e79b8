// A Telegram message shows exactly what the card says, where it says it, and pings nobody.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Card, CardBlock } from '../../src/bus/messages.ts';
import { noMarks } from '../../src/guard/marks.ts';
import { type TelegramText, telegramParts } from '../../src/guard/telegram-text.ts';
import { liveParts } from './autolink-model.ts';
import { expectFences, fences, type Run, shown, shownOnes } from './intended.ts';
import { nastyCard } from './nasty-text.ts';

const ICONS = { ask: '✋', good: '✅', bad: '⛔', info: 'ℹ️' };
const TYPES = ['bold', 'blockquote', 'code', 'pre'];

/** A message as a client shows it: runs of text with the type of the innermost entity. */
function parts({ text, entities }: TelegramText): [type: string, text: string][] {
  const types = new Array<string>(text.length).fill('plain');
  for (const { type, offset, length } of entities) types.fill(type, offset, offset + length);
  const edges = new Set(entities.flatMap(({ offset, length }) => [offset, offset + length]));
  const shown: [string, string][] = [];
  for (let at = 0; at < text.length; at += 1) {
    const type = types[at] ?? 'plain';
    const last = shown.at(-1);
    if (last === undefined || edges.has(at)) shown.push([type, text.charAt(at)]);
    else last[1] += text.charAt(at);
  }
  return shown;
}

const sole = (card: Card): TelegramText => {
  const { messages } = telegramParts(card);
  expect(messages).toHaveLength(1);
  return messages[0] ?? { text: '', entities: [] };
};

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
  expect(parts(sole(card))).toEqual([
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
    ['blockquote', 'deploys it, see '],
    ['code', 'https://ci.example'],
    ['blockquote', ' '],
    ['code', '@boss'],
    ['plain', '\n\nAnswer: !approve K7Q2M or !reject K7Q2M why'],
  ]);
});

it.each([
  "echo '</code></pre><b>Safe</b>'; touch /tmp/pwned",
  "echo '```'; touch /tmp/pwned #```",
  'echo *a* _b_ ~c~ ||d|| [e](https://evil.example); touch /tmp/pwned',
])('keeps code in its block: %s', (code) => {
  expect(parts(sole({ blocks: [{ kind: 'code', text: code }] }))).toEqual([['pre', code]]);
});

it('names the marks that Telegram takes out of messages', () => {
  expect(parts(sole({ blocks: [{ kind: 'code', text: 'cd a\u030angstro\u0333m' }] }))).toEqual([
    ['pre', 'cd a⟨U+030A⟩ngstro⟨U+0333⟩m'],
  ]);
});

const codeCard = (text: string): Card => ({
  blocks: [
    { kind: 'heading', tone: 'ask', text: 'K7Q2M waits' },
    { kind: 'code', text },
    { kind: 'fields', rows: [['in', '/home/me']] },
  ],
});

it('shows code that is too long for one message whole, in several that are told apart', () => {
  const code = `begin ${'x'.repeat(9_000)} end; rm -rf /`;
  const answer = telegramParts(codeCard(code));
  expect([answer.whole, answer.messages.length]).toEqual([true, 3]);
  const shown = answer.messages.map(parts);
  expect(shown.map((each) => each.slice(0, 3))).toEqual([
    [
      ['plain', '✋ '],
      ['bold', 'K7Q2M waits'],
      ['plain', '\n\npart 1 of 3\n'],
    ],
    [
      ['plain', '✋ '],
      ['bold', 'K7Q2M waits'],
      ['plain', '\n\npart 2 of 3\n'],
    ],
    [
      ['plain', '✋ '],
      ['bold', 'K7Q2M waits'],
      ['plain', '\n\npart 3 of 3\n'],
    ],
  ]);
  const pieces = shown
    .flat()
    .filter(([type]) => type === 'pre')
    .map(([, text]) => text);
  expect(pieces.join('').replaceAll('⟨goes on⟩⟨continued⟩', '')).toBe(code);
  expect(answer.messages[2]?.text).toContain(' end; rm -rf /');
});

it('parts code between lines rather than within one, and commands rather than words', () => {
  const lines = `${'echo some words; echo more\n'.repeat(299)}echo end`;
  const first = (code: string) => {
    const [message] = telegramParts(codeCard(code)).messages;
    return message === undefined
      ? ''
      : (parts(message).find(([type]) => type === 'pre')?.[1] ?? '');
  };
  expect(first(lines)).toMatch(/\n⟨goes on⟩$/);
  expect(first(lines.replaceAll('\n', ' && '))).toMatch(/(?:; |&& )⟨goes on⟩$/);
});

it('cuts what needs more than four messages, says so, and does not call that whole', () => {
  const code = `begin ${'x'.repeat(19_000)} end; rm -rf /`;
  const answer = telegramParts(codeCard(code));
  const refused = 'too long to be shown whole in 4 Telegram messages';
  expect(answer).toMatchObject({ whole: false, refused });
  const message = sole(codeCard(code));
  const kept = parts(message)
    .filter(([type]) => type === 'pre')
    .map(([, text]) => text);
  expect(kept.map((text) => text.length)).toEqual([2_003, 1_003]);
  expect(code.startsWith((kept[0] ?? '-').replace('⟨…⟩', ''))).toBe(true);
  expect(code.endsWith((kept[1] ?? '-').replace('⟨…⟩', ''))).toBe(true);
  const cut = `⟨cut: ${code.length - 3_000} of ${code.length} characters are not shown⟩`;
  expect(message.text).toContain(cut);
  expect(message.text).toContain(`Not shown whole: ${refused}.`);
  expect(message.text).toContain('/home/me');
});

it('takes no more messages than it is given', () => {
  const card = codeCard('x'.repeat(6_000));
  expect(telegramParts(card)).toMatchObject({ whole: true, messages: [{}, {}] });
  expect(telegramParts(card, { mostParts: 1 })).toMatchObject({
    whole: false,
    refused: 'too long to be shown whole in 1 Telegram message',
  });
});

it('shows the longest code that fits in one message, and one character more in two', () => {
  const card = (text: string): Card => ({ blocks: [{ kind: 'code', text }] });
  expect(telegramParts(card('x'.repeat(4_096)))).toEqual({
    whole: true,
    messages: [{ text: 'x'.repeat(4_096), entities: [{ type: 'pre', offset: 0, length: 4_096 }] }],
  });
  expect(telegramParts(card('x'.repeat(4_097))).messages).toHaveLength(2);
  // A character outside the basic plane counts as two, as in Telegram's offsets.
  expect(telegramParts(card('𝕏'.repeat(2_049)), { marks: noMarks }).messages).toHaveLength(2);
});

it('needs no more entities than Telegram takes, however many words could be links', () => {
  const text = '@a1 '.repeat(300).trim();
  expect(sole({ blocks: [{ kind: 'text', text }] })).toEqual({
    text,
    entities: [{ type: 'code', offset: 0, length: 1_199 }],
  });
});

it('keeps every promise for any card', () => {
  fc.assert(
    fc.property(nastyCard, (card) => {
      const { whole, messages } = telegramParts(card);
      expect(messages.length).toBeLessThanOrEqual(4);
      for (const message of messages) expectSendable(message);
      expect(messages.some(({ text }) => text.includes('Not shown whole'))).toBe(!whole);
      if (!whole) return;
      const runs = messages.map((message) =>
        parts(message).map(
          ([type, text]): Run => ({ kind: type === 'pre' ? 'fence' : 'text', text }),
        ),
      );
      expectFences(fences(runs).map(asGiven), card);
      if (messages.length === 1) expectInOrder(messages[0]?.text ?? '', card);
    }),
    { numRuns: 400 },
  );
});

function expectSendable({ text, entities }: TelegramText): void {
  expect(text.length).toBeLessThanOrEqual(4_096);
  expect(text.length).toBeGreaterThan(0);
  expect(entities.length).toBeLessThanOrEqual(100);
  expect(text.isWellFormed()).toBe(true);
  expect(liveParts(text, entities)).toEqual([]);
  // As the Bot API has it: entities nest or stay apart, code holds nothing, quotes do not nest.
  for (const [at, { type, offset, length }] of entities.entries()) {
    expect(TYPES).toContain(type);
    expect(length).toBeGreaterThan(0);
    expect(offset + length).toBeLessThanOrEqual(text.length);
    expect(text.slice(offset, offset + length).isWellFormed()).toBe(true);
    for (const outer of entities.slice(0, at)) {
      if (outer.offset + outer.length <= offset) continue;
      expect([outer.type, type]).toEqual(['blockquote', 'code']);
      expect(outer.offset + outer.length).toBeGreaterThanOrEqual(offset + length);
    }
  }
}

/** The text with the marks undone that name what Telegram would remove. */
function asGiven(text: string): string {
  return text.replaceAll(/⟨U\+0(30A|333|33F)⟩/g, (_, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

function expectInOrder(text: string, card: Card): void {
  const words = asGiven(text);
  let from = 0;
  for (const block of shownOnes(card)) {
    for (const each of intended(block)) {
      const found = words.indexOf(asGiven(each), from);
      expect(found, each).toBeGreaterThanOrEqual(from);
      from = found + asGiven(each).length;
    }
  }
}

function intended(block: CardBlock): string[] {
  switch (block.kind) {
    case 'heading':
      return [`${ICONS[block.tone]} ${shown(block.text)}`];
    case 'fields':
      return block.rows.map(([label, value]) => `${shown(label)}: ${shown(value)}`);
    case 'quote':
      return [`${shown(block.by)}:\n${shown(block.text, 'keep')}`];
    case 'text':
      return [shown(block.text, 'keep')];
    default:
      return [];
  }
}
