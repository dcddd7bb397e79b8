// What Telegram and its clients make of plain text, as far as is known (tdlib, MessageEntity.cpp,
// and the clients' own phone numbers): written apart from src/guard/autolinks.ts, to check it.
import type { TelegramEntity } from '../../src/guard/telegram-text.ts';

const LINKS: readonly RegExp[] = [
  /@[\p{L}\p{N}_]/u,
  /\/[\p{L}\p{N}_]/u,
  /#[\p{L}\p{N}_]/u,
  /\$[\p{L}]/u,
  /[\p{L}\p{N}_-]\.[\p{L}\p{N}_-]/u,
  /\p{L}:\/\//u,
  /\+\p{Nd}/u,
  // Phone and card numbers, with what may stand between their digits.
  /\p{Nd}(?:[ ().-]*\p{Nd}){6}/u,
  /\p{Nd}:\p{Nd}{2}/u,
];

/** What would be live outside `code` and `pre`, and controls anywhere; empty where all is inert. */
export function liveParts(text: string, entities: readonly TelegramEntity[]): string[] {
  let rest = '';
  let at = 0;
  for (const { type, offset, length } of entities) {
    if (type !== 'code' && type !== 'pre') continue;
    // Nothing is linked across the edge of code.
    rest += `${text.slice(at, offset)}\n`;
    at = offset + length;
  }
  rest += text.slice(at);
  const links = LINKS.flatMap((link) => rest.match(link)?.slice(0, 1) ?? []);
  const controls = [...text].filter((char) => {
    const code = char.codePointAt(0) ?? 0;
    return (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code < 0xa0);
  });
  return [...links, ...controls];
}
