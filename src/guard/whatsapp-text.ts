// A card as WhatsApp messages. WhatsApp knows no escapes: what it could format, link or list stands
// between three backticks, where nothing is special but three backticks, and those are named. Only
// words that are plain beyond doubt stay outside. https://faq.whatsapp.com/539178204879377
import type { Card, CardBlock, Tone } from '../bus/messages.ts';
import { autolinkable, type Span } from './autolinks.ts';
import { withoutBackticks, withoutFences, withSolidEdges } from './backticks.ts';
import { type CardParts, inParts, type Medium, type PartsOptions } from './parts.ts';
import { EMPTY, shownBlocks } from './shown-card.ts';

/** Of the Cloud API; WhatsApp itself takes 65,536, but clients fold long messages. */
export const WHATSAPP_TEXT_LIMIT = 4096;
export const WHATSAPP_MOST_PARTS = 4;

/** What Baileys' sendMessage takes: nobody is mentioned, no link is previewed. */
export interface WhatsAppMessage {
  readonly text: string;
  /** Somebody is mentioned only where their address stands here, whatever the text says. */
  readonly mentions: readonly [];
  readonly linkPreview: null;
}

const ICONS: Readonly<Record<Tone, string>> = { ask: '✋', good: '✅', bad: '⛔', info: 'ℹ️' };
// The first word of a line that makes it a list or a quotation.
const LINE_MARKER = /^(?:[-*+•–—]|>.*|\p{Nd}+[.)])$/u;
const FENCE = '```';

const WHATSAPP: Medium<WhatsAppMessage> = {
  name: 'WhatsApp',
  limit: WHATSAPP_TEXT_LIMIT,
  mostParts: WHATSAPP_MOST_PARTS,
  render: (blocks) => ({
    text: blocks.map(marked).join('\n\n') || EMPTY,
    mentions: [],
    linkPreview: null,
  }),
  sizeOf: ({ text }) => text.length,
};

/** The messages to send for a card, each within WhatsApp's limit. */
export function whatsAppParts(card: Card, options?: PartsOptions): CardParts<WhatsAppMessage> {
  return inParts(
    shownBlocks(card, options, { fenced: withoutFences }),
    WHATSAPP,
    options?.mostParts,
  );
}

function marked(block: CardBlock): string {
  switch (block.kind) {
    case 'heading':
      return `${ICONS[block.tone]} ${bold(block.text)}`;
    case 'text':
      return prose(block.text);
    case 'code':
    case 'output':
      return fenced(block.text);
    case 'fields':
      return block.rows.map(([label, value]) => `${bold(label)}: ${span(value)}`).join('\n');
    case 'quote': {
      // A quotation of WhatsApp's own would end where its text has code in it.
      const lines = withoutFences(block.text).split('\n');
      return `${span(block.by)}:\n${fenced(lines.map((line) => `> ${line}`).join('\n'))}`;
    }
  }
}

function fenced(text: string): string {
  return `${FENCE}${withSolidEdges(text)}${FENCE}`;
}

function span(text: string): string {
  return `${FENCE}${withSolidEdges(withoutBackticks(text))}${FENCE}`;
}

/** Bold where every word is plain; otherwise as prose is. */
function bold(text: string): string {
  return riskyWords(text).length === 0 ? `*${text.trim()}*` : prose(text);
}

function prose(text: string): string {
  let out = '';
  let at = 0;
  for (const { start, end } of riskyWords(text)) {
    out += text.slice(at, start) + span(text.slice(start, end));
    at = end;
  }
  return out + text.slice(at);
}

function riskyWords(text: string): Span[] {
  const linked = autolinkable(text);
  const taken = new Set(linked.map(({ start }) => start));
  const markers: Span[] = [];
  for (const { 0: line, index, 1: indent = '', 2: word = '' } of text.matchAll(FIRST_WORD)) {
    const start = index + indent.length;
    if (!taken.has(start) && LINE_MARKER.test(word)) {
      markers.push({ start, end: index + line.length });
    }
  }
  return [...linked, ...markers].toSorted((a, b) => a.start - b.start);
}

const FIRST_WORD = /^( *)([^ \n]+)/gm;
