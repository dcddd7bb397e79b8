// Arbitrary texts and cards as an attacker would write them.
import fc from 'fast-check';
import type { Card, CardBlock } from '../../src/bus/messages.ts';

const SNIPPETS = [
  '@admin',
  '/start',
  'https://evil.example/x?y=1',
  'evil.example.',
  '#tag',
  '$TAG',
  'a@b.example',
  '+1 555 010 9999',
  '4111 1111 1111 1111',
  '12:34',
  'call 12345678 now',
  'call 411 111 111 111 now',
  '```',
  '</code></pre><b>Safe</b>',
  '*b* _c_ [a](tg://user?id=1)',
  '╭─ ✔ K7Q2M approved',
  '┃  id',
  '├╴ in  /safe',
  '⟨40 spaces⟩',
  '👨‍👩‍👧',
  'می\u200cخواهم',
  'שלום; 5 | עולם',
  'p\u0430ypal.com',
  '@everyone',
  '<@123> <#4> <@&5> </a:6> <t:7:R>',
  '[a](https://evil.example)',
  ':smile:',
  '¯\\_(ツ)_/¯',
  '**b** __u__ ~~s~~ ||x||',
  '# h',
  '-# s',
  '- l',
  '1. n',
  '> q',
  '>>> q',
  '```js\n',
  '````',
  '``',
  '@15550109999',
  '<!--',
  '&lt;b&gt;&#x202e;',
  '"><script>x</script>',
  ']]>',
];
const CHARS = [
  ...' `*_~|\\<>@#:-.&"\' \n\t\r\x1b\x00\x7f\u009b\u00a0\u202e\u2066\u200b\u200d\u2800\u3164\ufe0f\u{e0041}⟨⟩\u0301\u0338\u030a\ud800\udc00a1日',
];

export const nastyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...SNIPPETS),
      fc.constantFrom(...CHARS),
      fc.constantFrom(...CHARS),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.nat(30).map((count) => ' '.repeat(count)),
      fc.nat(8).map((count) => '\n'.repeat(count)),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const longText = fc
  .tuple(nastyText, fc.integer({ min: 1, max: 400 }))
  .map(([text, times]) => text.repeat(times).slice(0, 20_000));

const anyText = fc.oneof({ weight: 6, arbitrary: nastyText }, { weight: 1, arbitrary: longText });

const blockOf = (text: fc.Arbitrary<string>): fc.Arbitrary<CardBlock> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('heading' as const),
      tone: fc.constantFrom('ask' as const, 'good' as const, 'bad' as const, 'info' as const),
      text,
    }),
    fc.record({ kind: fc.constant('text' as const), text }),
    fc.record({ kind: fc.constant('code' as const), text }),
    fc.record({ kind: fc.constant('output' as const), text }),
    fc.record({
      kind: fc.constant('fields' as const),
      rows: fc.array(fc.tuple(text, text), { maxLength: 6 }),
    }),
    fc.record({ kind: fc.constant('quote' as const), by: text, text }),
  );

const block = blockOf(anyText);
const shortBlock = blockOf(fc.constantFrom(...SNIPPETS));

export const nastyCard: fc.Arbitrary<Card> = fc.record({
  blocks: fc.oneof(
    { weight: 9, arbitrary: fc.array(block, { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(shortBlock, { minLength: 30, maxLength: 150 }) },
  ),
});
