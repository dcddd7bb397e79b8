// A card as Discord messages. Outside code every ASCII sign is escaped by a backslash, so nothing
// is formatted, mentioned, linked or made an emoji; in a fence nothing is special but what ends it,
// and that is named. What must be sent besides the text comes with it.
// https://docs.discord.com/developers/reference#message-formatting
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import { withoutBackticks, withoutFences } from './backticks.ts';
import { type CardParts, inParts, type Medium, type PartsOptions } from './parts.ts';
import { EMPTY, EMPTY_LINE, shownBlocks } from './shown-card.ts';

/** Characters of one message; UTF-16 units are never fewer. */
export const DISCORD_TEXT_LIMIT = 2000;
/** A channel takes about five messages in five seconds. */
export const DISCORD_MOST_PARTS = 6;

/** SUPPRESS_EMBEDS: no link previews. */
const SUPPRESS_EMBEDS = 4;

/** The body of Create Message and of Edit Message. */
export interface DiscordMessage {
  readonly content: string;
  /** Nobody is pinged, whatever stands in the text. */
  readonly allowed_mentions: { readonly parse: readonly []; readonly replied_user: false };
  readonly flags: number;
}

const ICONS: Readonly<Record<Tone, string>> = { ask: '✋', good: '✅', bad: '⛔', info: 'ℹ️' };
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

const DISCORD: Medium<DiscordMessage> = {
  name: 'Discord',
  limit: DISCORD_TEXT_LIMIT,
  mostParts: DISCORD_MOST_PARTS,
  render: (blocks) => ({
    content: joined(blocks),
    allowed_mentions: { parse: [], replied_user: false },
    flags: SUPPRESS_EMBEDS,
  }),
  sizeOf: ({ content }) => content.length,
};

/** The messages to send for a card, each within Discord's limit. */
export function discordParts(card: Card, options?: PartsOptions): CardParts<DiscordMessage> {
  return inParts(
    shownBlocks(card, options, { fenced: withoutFences }),
    DISCORD,
    options?.mostParts,
  );
}

function joined(blocks: readonly CardBlock[]): string {
  return blocks.map(markdown).join('\n') || EMPTY;
}

function markdown(block: CardBlock): string {
  switch (block.kind) {
    case 'heading':
      return `${ICONS[block.tone]} ${bold(block.text)}`;
    case 'text':
      return escaped(block.text);
    case 'code':
    case 'output':
      // The newline keeps a first line from being taken for the name of a language.
      return `\`\`\`\n${block.text}\n\`\`\``;
    case 'fields':
      return block.rows.map(([label, value]) => `${bold(label)}: ${span(value)}`).join('\n');
    case 'quote':
      return `${span(block.by)}:\n${quoted(block.text)}\n`;
  }
}

function bold(text: string): string {
  return text.trim() === '' ? '' : `**${escaped(text)}**`;
}

function span(text: string): string {
  return text.trim() === '' ? '' : `\`${withoutBackticks(text)}\``;
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line.trim() === '' ? EMPTY_LINE : escaped(line)}`)
    .join('\n');
}

/** Text that Discord's Markdown shows as it is. */
function escaped(text: string): string {
  return text.replaceAll(PUNCTUATION, '\\$&');
}
