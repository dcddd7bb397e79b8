// A card as a Telegram message: text and the entities that format it, never HTML or Markdown, so
// there is nothing to escape and nothing to break out of. Clients make links of mentions, URLs,
// commands and numbers only outside `code` and `pre`: no word that could become one stays outside.
// https://core.telegram.org/bots/api#messageentity
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import { autolinkable } from './autolinks.ts';
import { plainOutput, visible } from './visible.ts';

/** Telegram counts characters after entities parsing; UTF-16 units are never fewer. */
export const TELEGRAM_TEXT_LIMIT = 4096;
/** Telegram ignores the entities of one message beyond this. */
export const TELEGRAM_ENTITY_LIMIT = 100;

export interface TelegramEntity {
  readonly type: 'bold' | 'italic' | 'code' | 'pre';
  /** UTF-16 units, as `length`. */
  readonly offset: number;
  readonly length: number;
}

export interface TelegramText {
  readonly text: string;
  readonly entities: readonly TelegramEntity[];
  /** False where something had to be cut to fit; the text says what. */
  readonly whole: boolean;
}

interface Limits {
  /** Longest `code`, longest other string, and most blocks and rows; UTF-16 units. */
  readonly code: number;
  readonly other: number;
  readonly parts: number;
  /** One entity for a whole text instead of one for each word that needs it. */
  readonly dense: boolean;
}

const ALL = Number.POSITIVE_INFINITY;
// The first that fits is sent. Code is cut first: it is what is long.
const ATTEMPTS: readonly Limits[] = [
  { code: ALL, other: ALL, parts: ALL, dense: false },
  { code: ALL, other: ALL, parts: ALL, dense: true },
  { code: 3000, other: ALL, parts: ALL, dense: true },
  { code: 2000, other: ALL, parts: ALL, dense: true },
  { code: 2400, other: 240, parts: 60, dense: true },
  { code: 1000, other: 120, parts: 30, dense: true },
  { code: 60, other: 60, parts: 12, dense: true },
];

const ICONS: Readonly<Record<Tone, string>> = { ask: '✋', good: '✅', bad: '⛔', info: 'ℹ️' };

// Combining marks that Telegram's servers take out of every message (tdlib, clean_input_string).
const REMOVED_BY_TELEGRAM = /[\u030A\u0333\u033F]/g;

/** The message to send for a card: always within Telegram's limits. */
export function telegramText(card: Card): TelegramText {
  const shown = card.blocks.map(shownBlock);
  let message = render(shown, ATTEMPTS[0] as Limits);
  for (const limits of ATTEMPTS.slice(1)) {
    if (withinLimits(message)) break;
    message = render(shown, limits);
  }
  return message;
}

/** Whether one Telegram message shows every character of this card. */
export function fitsTelegram(card: Card): boolean {
  return telegramText(card).whole;
}

function withinLimits({ text, entities }: TelegramText): boolean {
  return text.length <= TELEGRAM_TEXT_LIMIT && entities.length <= TELEGRAM_ENTITY_LIMIT;
}

function shownBlock(block: CardBlock): CardBlock {
  const line = (text: string) => named(visible(text));
  const lines = (text: string) => named(visible(text, { newlines: 'keep' }));
  switch (block.kind) {
    case 'heading':
      return { ...block, text: line(block.text) };
    case 'text':
    case 'code':
      return { ...block, text: lines(block.text) };
    case 'output':
      return { ...block, text: named(plainOutput(block.text)) };
    case 'fields':
      return { ...block, rows: block.rows.map(([label, value]) => [line(label), line(value)]) };
    case 'quote':
      return { ...block, by: line(block.by), text: lines(block.text) };
  }
}

function named(text: string): string {
  return text.replace(
    REMOVED_BY_TELEGRAM,
    (mark) => `⟨U+0${mark.charCodeAt(0).toString(16).toUpperCase()}⟩`,
  );
}

function render(blocks: readonly CardBlock[], limits: Limits): TelegramText {
  const draft = new Draft(limits);
  for (const block of blocks) draft.block(block);
  return draft.finished();
}

/** A message being written; its length is always that of `text`. */
class Draft {
  readonly #limits: Limits;
  readonly #entities: TelegramEntity[] = [];
  #text = '';
  #parts = 0;
  #dropped = 0;
  #whole = true;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  block(block: CardBlock): void {
    if (block.kind === 'fields') {
      for (const [at, [label, value]] of block.rows.entries()) {
        if (this.#begins(at === 0 ? '\n\n' : '\n')) this.#field(label, value);
      }
      return;
    }
    if (!this.#begins(block.kind === 'code' || block.kind === 'output' ? '\n' : '\n\n')) return;
    switch (block.kind) {
      case 'heading':
        this.#add(`${ICONS[block.tone]} `);
        this.#prose(block.text, 'bold');
        break;
      case 'text':
        this.#prose(block.text, null);
        break;
      case 'code':
      case 'output':
        this.#code(block.text);
        break;
      case 'quote':
        this.#add(this.#cut(block.by), 'code');
        this.#add(':\n');
        this.#prose(block.text, 'italic');
        break;
    }
  }

  finished(): TelegramText {
    if (this.#dropped > 0) this.#add(`\n\n⟨cut: ${this.#dropped} more parts⟩`);
    if (!this.#whole) this.#add('\n\n✂️ Not shown whole: too long for one Telegram message.');
    return { text: this.#text || '⟨empty⟩', entities: this.#entities, whole: this.#whole };
  }

  /** False where there is no room for another part. */
  #begins(gap: string): boolean {
    this.#parts += 1;
    if (this.#parts > this.#limits.parts) {
      this.#dropped += 1;
      this.#whole = false;
      return false;
    }
    if (this.#text !== '') this.#add(gap);
    return true;
  }

  #field(label: string, value: string): void {
    this.#prose(label, 'bold');
    this.#add(': ');
    this.#add(this.#cut(value) || '⟨empty⟩', 'code');
  }

  #code(text: string): void {
    const [head, cut, tail] = pieces(text, this.#limits.code);
    this.#add(head || '⟨empty⟩', 'pre');
    if (cut === 0) return;
    this.#whole = false;
    this.#add(`\n⟨cut: ${cut} of ${text.length} characters are not shown⟩\n`);
    this.#add(tail, 'pre');
  }

  /** Words, those that clients could make links of as `code`. */
  #prose(text: string, style: 'bold' | 'italic' | null): void {
    const kept = this.#cut(text);
    if (this.#limits.dense) {
      this.#add(kept, autolinkable(kept).length > 0 ? 'code' : style);
      return;
    }
    let at = 0;
    for (const { start, end } of autolinkable(kept)) {
      this.#add(kept.slice(at, start), style);
      this.#add(kept.slice(start, end), 'code');
      at = end;
    }
    this.#add(kept.slice(at), style);
  }

  #cut(text: string): string {
    const [head, cut, tail] = pieces(text, this.#limits.other);
    if (cut === 0) return head;
    this.#whole = false;
    return `${head}⟨cut: ${cut} characters⟩${tail}`;
  }

  #add(text: string, type: TelegramEntity['type'] | null = null): void {
    // Telegram ends entities before blanks, so they are kept out of them.
    const inner = type === 'bold' || type === 'italic' ? text.trim() : text;
    if (type !== null && inner !== '') {
      const offset = this.#text.length + text.indexOf(inner);
      this.#entities.push({ type, offset, length: inner.length });
    }
    this.#text += text;
  }
}

/** Head, how much is cut (0: nothing, and the head is all), tail. */
function pieces(text: string, limit: number): readonly [string, number, string] {
  if (text.length <= limit) return [text, 0, ''];
  const head = boundary(text, Math.floor((limit * 2) / 3));
  const tail = boundary(text, text.length - Math.floor(limit / 3));
  return [text.slice(0, head), tail - head, text.slice(tail)];
}

/** The nearest place at or before `at` that splits neither a character nor a `⟨mark⟩`. */
function boundary(text: string, at: number): number {
  const mark = text.lastIndexOf('⟨', at - 1);
  const split = mark >= 0 && text.indexOf('⟩', mark) >= at ? mark : at;
  const low = text.charCodeAt(split);
  return low >= 0xdc00 && low <= 0xdfff ? split - 1 : split;
}
