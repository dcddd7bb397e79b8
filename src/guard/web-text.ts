// A card as HTML for Countersign's own page: elements and classes are ours, every string is text.
// It links nothing, loads nothing and has no attribute that holds text from outside.
import type { Card, CardBlock } from '../bus/messages.ts';
import { type ShownOptions, shownBlocks } from './shown-card.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML shows it, in an element or between quotes in an attribute. */
export function htmlText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}

/**
 * The card as one `article` element. Code runs left to right and is not translated; what others say
 * takes its own direction. The page must keep blanks in `pre` and wrap its lines.
 */
export function webHtml(card: Card, options?: ShownOptions): string {
  const blocks = shownBlocks(card, options);
  const tone = blocks.find((block) => block.kind === 'heading')?.tone ?? 'info';
  return `<article class="card ${tone}">${blocks.map(element).join('')}</article>`;
}

function element(block: CardBlock): string {
  switch (block.kind) {
    case 'heading':
      return `<h2 class="${block.tone}">${htmlText(block.text)}</h2>`;
    case 'text':
      return `<p class="text" dir="auto">${htmlText(block.text)}</p>`;
    case 'code':
    case 'output':
      return `<pre class="${block.kind}" dir="ltr" translate="no"><code>${htmlText(block.text)}</code></pre>`;
    case 'fields':
      return `<dl>${block.rows.map(row).join('')}</dl>`;
    case 'quote':
      return `<figure><figcaption dir="auto">${htmlText(block.by)}:</figcaption><blockquote dir="auto">${htmlText(block.text)}</blockquote></figure>`;
  }
}

function row([label, value]: readonly [string, string]): string {
  return `<dt dir="auto">${htmlText(label)}</dt><dd dir="ltr" translate="no">${htmlText(value)}</dd>`;
}
