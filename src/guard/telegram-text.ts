// A card as Telegram messages: text and the entities that format it, never HTML or Markdown, so
// there is nothing to escape and nothing to break out of. Clients make links of mentions, URLs,
// commands and numbers only outside `code` and `pre`: no word that could become one stays outside.
// https://core.telegram.org/bots/api#messageentity
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import { autolinkable } from './autolinks.ts';
import { type CardParts, inParts, type Medium, type PartsOptions } from './parts.ts';
import { EMPTY, shownBlocks } from './shown-card.ts';

/** Telegram counts characters after entities parsing; UTF-16 units are never fewer. */
export const TELEGRAM_TEXT_LIMIT = 4096;
/** Telegram ignores the entities of one message beyond this. */
export const TELEGRAM_ENTITY_LIMIT = 100;
/** A group takes 20 messages of a bot in a minute: a card must leave room for other news. */
export const TELEGRAM_MOST_PARTS = 4;

export interface TelegramEntity {
  readonly type: 'bold' | 'blockquote' | 'code' | 'pre';
  /** UTF-16 units, as `length`. */
  readonly offset: number;
  readonly length: number;
}

/** One message; to be sent without parse_mode and with link previews off. */
export interface TelegramText {
  readonly text: string;
  /** In order; one that begins where another does comes after the longer one. */
  readonly entities: readonly TelegramEntity[];
}

const ICONS: Readonly<Record<Tone, string>> = { ask: '✋', good: '✅', bad: '⛔', info: 'ℹ️' };

// Combining marks that Telegram's servers take out of every message (tdlib, clean_input_string).
const REMOVED_BY_TELEGRAM = /[\u030A\u0333\u033F]/g;

const TELEGRAM: Medium<TelegramText> = {
  name: 'Telegram',
  limit: TELEGRAM_TEXT_LIMIT,
  mostParts: TELEGRAM_MOST_PARTS,
  render,
  sizeOf: ({ text, entities }) =>
    entities.length > TELEGRAM_ENTITY_LIMIT ? Number.POSITIVE_INFINITY : text.length,
};

/** The messages to send for a card, each within Telegram's limits. */
export function telegramParts(card: Card, options?: PartsOptions): CardParts<TelegramText> {
  return inParts(shownBlocks(card, options, { every: named }), TELEGRAM, options?.mostParts);
}

function named(text: string): string {
  return text.replace(
    REMOVED_BY_TELEGRAM,
    (mark) => `⟨U+0${mark.charCodeAt(0).toString(16).toUpperCase()}⟩`,
  );
}

function render(blocks: readonly CardBlock[]): TelegramText {
  const sparse = drafted(blocks, false);
  return sparse.entities.length > TELEGRAM_ENTITY_LIMIT ? drafted(blocks, true) : sparse;
}

/** `dense`: one entity for a whole text instead of one for each word that needs it. */
function drafted(blocks: readonly CardBlock[], dense: boolean): TelegramText {
  const draft = new Draft(dense);
  for (const block of blocks) draft.block(block);
  return draft.finished();
}

/** A message being written; its length is always that of `text`. */
class Draft {
  readonly #dense: boolean;
  readonly #entities: TelegramEntity[] = [];
  #text = '';

  constructor(dense: boolean) {
    this.#dense = dense;
  }

  block(block: CardBlock): void {
    if (block.kind !== 'fields') {
      this.#gap(block.kind === 'code' || block.kind === 'output' ? '\n' : '\n\n');
    }
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
        this.#add(block.text, 'pre');
        break;
      case 'fields':
        for (const [at, [label, value]] of block.rows.entries()) {
          this.#gap(at === 0 ? '\n\n' : '\n');
          this.#prose(label, 'bold');
          this.#add(': ');
          this.#add(value, 'code');
        }
        break;
      case 'quote':
        this.#add(block.by, 'code');
        this.#add(':\n');
        this.#quote(block.text);
        break;
    }
  }

  finished(): TelegramText {
    return { text: this.#text || EMPTY, entities: this.#entities };
  }

  #gap(gap: string): void {
    if (this.#text !== '') this.#add(gap);
  }

  /** A bar beside every line of it, which nothing in it can leave. */
  #quote(text: string): void {
    const offset = this.#text.length;
    this.#entities.push({ type: 'blockquote', offset, length: text.length });
    this.#prose(text, null);
  }

  /** Words, those that clients could make links of as `code`. */
  #prose(text: string, style: 'bold' | null): void {
    if (this.#dense) {
      this.#add(text, autolinkable(text).length > 0 ? 'code' : style);
      return;
    }
    let at = 0;
    for (const { start, end } of autolinkable(text)) {
      this.#add(text.slice(at, start), style);
      this.#add(text.slice(start, end), 'code');
      at = end;
    }
    this.#add(text.slice(at), style);
  }

  #add(text: string, type: TelegramEntity['type'] | null = null): void {
    // Telegram ends entities before blanks, so they are kept out of them.
    const inner = type === 'bold' ? text.trim() : text;
    if (type !== null && inner !== '') {
      const offset = this.#text.length + text.indexOf(inner);
      this.#entities.push({ type, offset, length: inner.length });
    }
    this.#text += text;
  }
}
