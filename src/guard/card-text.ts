// Which renderer shows a card on which platform, and the text of all that it would send: for people
// who want to see a card without a chat. Sends nothing.
import type { Card } from '../bus/messages.ts';
import { discordParts } from './discord-text.ts';
import type { CardParts } from './parts.ts';
import type { ShownOptions } from './shown-card.ts';
import { telegramParts } from './telegram-text.ts';
import { fitsTerminal, MOST_TERMINAL_ROWS, terminalText } from './terminal-text.ts';
import { webHtml } from './web-text.ts';
import { whatsAppParts } from './whatsapp-text.ts';

/** Platforms that a card can be rendered for. */
export const CARD_PLATFORMS = ['telegram', 'discord', 'whatsapp', 'console', 'web'] as const;
export type CardPlatform = (typeof CARD_PLATFORMS)[number];

export type CardText =
  | { readonly whole: true; readonly text: string; readonly parts: number }
  | { readonly whole: false; readonly refused: string };

/**
 * What would be sent for this card, its messages joined by an empty line. A terminal is taken to be
 * as wide as the longest line; for the web it is HTML.
 */
export function cardText(card: Card, platform: CardPlatform, options: ShownOptions = {}): CardText {
  switch (platform) {
    case 'telegram':
      return joined(telegramParts(card, options), ({ text }) => text);
    case 'discord':
      return joined(discordParts(card, options), ({ content }) => content);
    case 'whatsapp':
      return joined(whatsAppParts(card, options), ({ text }) => text);
    case 'console': {
      const columns = Number.POSITIVE_INFINITY;
      if (!fitsTerminal(card, columns)) {
        const refused = `too long to be shown whole in ${MOST_TERMINAL_ROWS} rows of a terminal`;
        return { whole: false, refused };
      }
      const text = terminalText(card, { ...options, columns, colour: false });
      return { whole: true, text, parts: 1 };
    }
    case 'web':
      return { whole: true, text: webHtml(card, options), parts: 1 };
  }
}

function joined<Message>(sent: CardParts<Message>, textOf: (message: Message) => string): CardText {
  if (!sent.whole) return { whole: false, refused: sent.refused };
  const text = sent.messages.map(textOf).join('\n\n');
  return { whole: true, text, parts: sent.messages.length };
}
