// The card on the web page, as a browser's own parser reads it: our elements, their text, no more.
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { expect, it } from 'vitest';
import type { Card, CardBlock } from '../../src/bus/messages.ts';
import { htmlText, webHtml } from '../../src/guard/web-text.ts';
import { expectFences, shown, shownOnes } from './intended.ts';
import { nastyCard, nastyText } from './nasty-text.ts';

type Node = DefaultTreeAdapterTypes.ChildNode;

/** An element with its attributes, and what is in it; text as text. */
type Tree = string | readonly Tree[];

function treeOf(html: string): Tree[] {
  const errors: string[] = [];
  const fragment = parseFragment(html, { onParseError: ({ code }) => errors.push(code) });
  expect(errors).toEqual([]);
  return fragment.childNodes.map(asTree);
}

function asTree(node: Node): Tree {
  if ('value' in node) return node.value;
  if (!('tagName' in node)) return [node.nodeName];
  const attributes = node.attrs.map(({ name, value }) => ` ${name}=${value}`).join('');
  return [`${node.tagName}${attributes}`, ...node.childNodes.map(asTree)];
}

it('renders an approval as people see it', () => {
  const card: Card = {
    blocks: [
      { kind: 'heading', tone: 'ask', text: 'K7Q2M waits' },
      { kind: 'code', text: "echo '</code></pre><b>Safe</b>' && x" },
      { kind: 'fields', rows: [['in', '/home/"me"']] },
      { kind: 'quote', by: 'agent:x says', text: '<script>alert(1)</script>' },
    ],
  };
  expect(treeOf(webHtml(card))).toEqual([
    [
      'article class=card ask',
      ['h2 class=ask', 'K7Q2M waits'],
      ['pre class=code dir=ltr translate=no', ['code', "echo '</code></pre><b>Safe</b>' && x"]],
      ['dl', ['dt dir=auto', 'in'], ['dd dir=ltr translate=no', '/home/"me"']],
      [
        'figure',
        ['figcaption dir=auto', 'agent:x says:'],
        ['blockquote dir=auto', '<script>alert(1)</script>'],
      ],
    ],
  ]);
});

it('shows any text as it is, in an element and in an attribute', () => {
  fc.assert(
    fc.property(nastyText, (text) => {
      // What HTML itself changes in any text, or complains of: cards never hold it.
      const plain = text.replaceAll(/(?!\n)[\p{Cc}\p{Cn}\p{Cs}]/gu, '');
      expect(treeOf(`<p>${htmlText(plain)}</p>`)).toEqual([
        ['p', ...(plain === '' ? [] : [plain])],
      ]);
      expect(treeOf(`<p title="${htmlText(plain)}"></p>`)).toEqual([[`p title=${plain}`]]);
    }),
  );
});

it('keeps every promise for any card', () => {
  fc.assert(
    fc.property(nastyCard, (card) => {
      const [article, ...more] = treeOf(webHtml(card));
      expect(more).toEqual([]);
      if (article === undefined || typeof article === 'string') throw new Error('no article');
      const [, ...elements] = article;
      const fences: string[] = [];
      for (const [at, block] of shownOnes(card).entries()) {
        const element = elements[at];
        if (block.kind === 'code' || block.kind === 'output') {
          const [name, inside] = element as unknown as [string, [string, string]];
          expect([name, inside[0]]).toEqual([
            `pre class=${block.kind} dir=ltr translate=no`,
            'code',
          ]);
          fences.push(inside[1]);
        } else expect(element).toEqual(intended(block));
      }
      expect(elements.length).toBe(shownOnes(card).length);
      expectFences(fences, card);
    }),
    { numRuns: 300 },
  );
});

function intended(block: CardBlock): Tree {
  switch (block.kind) {
    case 'heading':
      return [`h2 class=${block.tone}`, shown(block.text)];
    case 'fields':
      return [
        'dl',
        ...block.rows.flatMap(([label, value]): Tree[] => [
          ['dt dir=auto', shown(label)],
          ['dd dir=ltr translate=no', shown(value)],
        ]),
      ];
    case 'quote':
      return [
        'figure',
        ['figcaption dir=auto', `${shown(block.by)}:`],
        ['blockquote dir=auto', shown(block.text, 'keep')],
      ];
    default:
      return ['p class=text dir=auto', shown(block.text, 'keep')];
  }
}
