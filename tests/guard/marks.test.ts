// Look-alikes are named where they stand, secrets are kept back only where they cannot be code.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inRunningOrder } from '../../src/guard/direction.ts';
import { markLooks } from '../../src/guard/look-marks.ts';
import { type Mark, type Marks, markMixedWords, marksOf, noMarks } from '../../src/guard/marks.ts';
import { visible } from '../../src/guard/visible.ts';
import { nastyText } from './nasty-text.ts';
import { readBack, spacesAside } from './read-back.ts';

const marked = (text: string, marks: Marks) => visible(text, { newlines: 'show', marks });
const at =
  (start: number, end: number, label = ''): Marks =>
  () => [{ start, end, label }];

describe('named characters', () => {
  it.each([
    ['a Cyrillic letter in a Latin word', 'p\u0430ypal.com', 'p⟨U+0430 not Latin⟩ypal.com'],
    ['a Greek one', 'c\u03bfrp', 'c⟨U+03BF not Latin⟩rp'],
    ['letters of mathematics', '𝐫𝐦 -rf', '⟨U+1D42B r⟩⟨U+1D426 m⟩ -rf'],
    ['wide letters', '\uff52\uff4d', '⟨U+FF52 r⟩⟨U+FF4D m⟩'],
  ])('%s', (_, text, shown) => {
    expect(marked(text, markMixedWords)).toBe(shown);
  });

  it.each(['рабочий стол', 'αβγ δέλτα', '東京タワー', 'naïve façade', 'ls файлы; cat отчёт'])(
    'none in words of one script: %s',
    (text) => {
      expect(marked(text, markMixedWords)).toBe(text);
    },
  );

  it('are those of a finding, each with its twin, and nothing else of its word', () => {
    const text = 'a: \u0430\u0431 \u202e!';
    const found = [
      { kind: 'confusable', at: 3, length: 2 },
      { kind: 'bidi', at: 6, length: 1 },
      { kind: 'padding', at: 0, length: 3 },
    ];
    const twinOf = (code: number) => (code === 0x430 ? 'a' : null);
    expect(marked(text, (each) => marksOf(each, found, twinOf))).toBe(
      'a: ⟨U+0430 like a⟩⟨U+0431⟩ ⟨U+202E⟩!',
    );
  });

  it('are counted where one is repeated, and once where two marks name it', () => {
    const twice: Marks = (text) => [
      { start: 0, end: text.length, label: 'x' },
      { start: 0, end: text.length, label: 'y' },
    ];
    expect(marked('жжжжж', twice)).toBe('⟨U+0436 x × 5⟩');
  });

  it.each([
    [
      'a letter of a host',
      'curl https://p\u0430ypal.com/x',
      'curl https://p⟨U+0430 like a⟩ypal.com/x',
    ],
    ['a sign of the shell', 'ls\uff1b id', 'ls⟨U+FF1B like ;⟩ id'],
    ['a backtick', 'echo \uff40id', 'echo ⟨U+FF40 like backtick⟩id'],
    ['a dot of a host', 'curl https://example。com/i', 'curl https://example⟨U+3002⟩com/i'],
    ['Greek units', 'echo "10 kΩ, Δt"', 'echo "10 kΩ, Δt"'],
    ['wide letters among their own', 'echo "ＡＰＩを呼ぶ"', 'echo "ＡＰＩを呼ぶ"'],
  ])('as an inspection finds them: %s', (_, text, shown) => {
    expect(marked(text, markLooks)).toBe(shown);
  });

  it('are all that could be meant, where an inspection stops counting', () => {
    const text = 'p\u0430y '.repeat(500);
    expect(marked(text, markLooks)).not.toContain('\u0430');
    expect(marked('p\u0430y '.repeat(50_000), markLooks)).not.toContain('\u0430');
  });

  it('have labels that forge nothing', () => {
    expect(marked('aж', at(1, 2, '⟩ ok\n\u202e⟨U+0041'))).toBe('a⟨U+0436 okU+0041⟩');
    expect(marked('aж', at(1, 2, 'y'.repeat(500)))).toBe(`a⟨U+0436 ${'y'.repeat(60)}⟩`);
  });
});

describe('secrets', () => {
  const secret =
    (value: string): Marks =>
    (text) => {
      const start = text.indexOf(value);
      return start < 0 ? [] : [{ start, end: start + value.length, label: 'DB', secret: true }];
    };

  it('are kept back where the value is one inert piece of a word', () => {
    expect(marked('psql -p hunter2hunter2', secret('hunter2hunter2'))).toBe(
      'psql -p ⟨secret DB, 14 characters⟩',
    );
    expect(marked('x c2VjcmV0IQ==', secret('c2VjcmV0IQ=='))).toBe('x ⟨secret DB, 12 characters⟩');
  });

  it.each([
    '`touch /tmp/pwned`',
    '$(touch /tmp/pwned)',
    'abcdefgh;reboot',
    'abcdefgh ijklmnop',
    'abcdefgh\nreboot',
    "abcdefgh'",
    'LD_PRELOAD=/tmp/x.so',
    'abcdefgh>/etc/x',
    '{abcdefgh,b}',
    'rm',
  ])('are shown where they could be code: %j', (value) => {
    const text = `git -c x.y=z --password ${value} push`;
    expect(readBack(marked(text, secret(value)), false)).toBe(spacesAside(text));
  });
});

it('reads back whatever is marked wherever', () => {
  const anyMarks = fc.array(fc.tuple(fc.nat(80), fc.nat(10), fc.string({ maxLength: 5 })));
  fc.assert(
    fc.property(nastyText, anyMarks, (text, places) => {
      const marks: Mark[] = places.map(([start, length, label]) => ({
        start,
        end: start + length,
        label: label.replaceAll('×', ''),
      }));
      for (const newlines of ['keep', 'show'] as const) {
        const shown = visible(text, { newlines, marks: () => marks });
        expect(readBack(shown, newlines === 'keep')).toBe(spacesAside(text));
        expect(shown.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

describe('right-to-left text in code', () => {
  it.each([
    ['a path of one script', 'ls "ملفات/تقرير.txt"', 'ls "ملفات/تقرير.txt"'],
    ['words', 'echo שלום עולם', 'echo שלום עולם'],
    ['a line that begins with it', 'שלום; touch x', '⟨RTL⟩שלום; touch x'],
    ['arguments in quotes', 'mv "א" "ב"', 'mv "א" "⟨RTL⟩ב"'],
    ['commands', 'א; ב | ג', '⟨RTL⟩א; ⟨RTL⟩ב | ⟨RTL⟩ג'],
    ['numbers after it', 'kill א 12 34', 'kill א ⟨RTL⟩12 34'],
    ['every line anew', 'ls א\nב', 'ls א\n⟨RTL⟩ב'],
    ['nothing of it', 'ls -la 12; id', 'ls -la 12; id'],
  ])('%s', (_, code, shown) => {
    expect(inRunningOrder(visible(code, { newlines: 'keep', marks: noMarks }))).toBe(shown);
  });
});
