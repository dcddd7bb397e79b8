// What a reader sees of text from outside: nothing hidden, nothing lost, ordinary text untouched.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainOutput, shownOutput, visible } from '../../src/guard/visible.ts';
import { readBack, spacesAside } from './read-back.ts';

const keep = (text: string) => visible(text, { newlines: 'keep' });

/** Code points that are drawn as nothing, as a blank, or do something; joiners and U+FE0F aside. */
const HIDDEN: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200b],
  [0x200e, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xd800, 0xf8ff],
  [0xfe00, 0xfe0e],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffc],
  [0x1bca0, 0x1bca3],
  [0x1d159, 0x1d159],
  [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff],
];

const FLAG = /🏴\u{e0067}\u{e0062}[\u{e0061}-\u{e007a}]{3}\u{e007f}/gu;

function hidden(text: string): string[] {
  return [...text].filter((char) => {
    const code = char.codePointAt(0) ?? 0;
    return HIDDEN.some(([from, to]) => code >= from && code <= to);
  });
}

/** Text of what attackers use: every second character is one of these. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...' \n\t\r\x1b\x00\x7f\u009b\u00a0\u202e\u2066\u200b\u200d\u2800\u3164\ufe0f\u{e0041}⟨⟩\u0301\u0338\ud800a1',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.nat(30).map((count) => ' '.repeat(count)),
      fc.nat(8).map((count) => '\n'.repeat(count)),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('visible', () => {
  it.each([
    ['an override', 'a\u202etxt.exe', 'a⟨U+202E⟩txt.exe'],
    ['zero width', 'rm\u200b -rf', 'rm⟨U+200B⟩ -rf'],
    ['a tag', 'x\u{e0041}', 'x⟨U+E0041⟩'],
    ['a lone surrogate', 'x\ud800y', 'x⟨U+D800⟩y'],
    ['no-break and wide blanks', 'a\u00a0b\u3000c', 'a⟨U+00A0⟩b⟨U+3000⟩c'],
    ['a selector on a letter', 'a\ufe01', 'a⟨U+FE01⟩'],
    [
      'blank letters',
      'date\u3164\uffa0\u115f\u1160\uac00',
      'date⟨U+3164⟩⟨U+FFA0⟩⟨U+115F⟩⟨U+1160⟩\uac00',
    ],
    ['padding by blank look-alikes', `a${'\u2800'.repeat(500)}; b`, 'a⟨U+2800 × 500⟩; b'],
    ['padding by blanks', `a${' '.repeat(40)}b`, 'a⟨40 spaces⟩b'],
    ['eight blanks, which are no padding', `a${' '.repeat(8)}b`, `a${' '.repeat(8)}b`],
    ['a carriage return', 'touch x\rgit status', 'touch x⟨U+000D⟩git status'],
    ['rubbing out', 'x\b\b\b\b', 'x⟨U+0008 × 4⟩'],
    ['an escape', '\x1b[2J', '⟨U+001B⟩[2J'],
    ['blanks at the ends', ' rm x\\ ', '⟨1 space⟩rm x\\⟨1 space⟩'],
    ['a newline', 'a\nb', 'a⟨U+000A⟩b'],
    ['many newlines', `a${'\n'.repeat(30)}b`, 'a⟨30 newlines⟩b'],
    ['forged marks', '⟨40 spaces⟩', '⟨U+27E8⟩40 spaces⟨U+27E9⟩'],
    ['crossed out text', 's\u0336a\u0336', 's⟨U+0336⟩a⟨U+0336⟩'],
    ['a mark on nothing', '\u0301x \u0301', '⟨U+0301⟩x ⟨U+0301⟩'],
    ['towers of marks', `a${'\u0301'.repeat(20)}b`, `a${'\u0301'.repeat(6)}⟨U+0301 × 14⟩b`],
    ['joiners between Latin letters', 'ap\u200dt', 'ap⟨U+200D⟩t'],
    ['a private character', '\ue000', '⟨U+E000⟩'],
  ])('marks %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('keeps the newlines of code, and counts those that push the rest away', () => {
    expect(keep('if x\n  then y\n\nfi')).toBe('if x\n  then y\n\nfi');
    expect(keep(`git status${'\n'.repeat(200)}touch x`)).toBe(
      'git status\n⟨200 newlines⟩\ntouch x',
    );
    expect(keep('a\n \n \n \n \n  b')).toBe('a\n⟨5 newlines, 4 spaces⟩\n  b');
    expect(keep('a  \nb\n')).toBe('a⟨2 spaces⟩\nb\n⟨1 newline⟩');
    expect(keep('\n\n\n\n\nb')).toBe('⟨5 newlines⟩\nb');
    // Clients take newlines away at the edges of a code block.
    expect(keep('\n  b')).toBe('⟨1 newline⟩\n  b');
  });

  it.each([
    'echo "¡Mañana! ¿Qué?"',
    'za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144, I\u0307stanbul',
    'Ti\u1ebfng Vi\u1ec7t, decomposed: Tie\u0302\u0301ng',
    'ls "ملفات/تقرير.txt" می\u200cخواهم ۱۲۳',
    'שָׁלוֹם עולם',
    'नमस्ते क्\u200dष श्री\u0902 বাংলা தமிழ் සිංහල ශ්\u200dරී',
    'ภาษาไทย ນ້ຳ မြန်မာ ភាសាខ្មែរ',
    '日本語のテキスト。中文，한국어 가나다',
    '✋ ❤️ 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇫🇷 1️⃣ 👍🏽',
    '∑ → ≤ ± € ½ … — “quoted” №',
    'ΑΒΓ абв ქართული հայերեն አማርኛ',
  ])('leaves ordinary text as it is: %s', (text) => {
    expect(visible(text)).toBe(text);
  });

  it('shows nothing raw that could be missed, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
        // Flags of regions are made of tags.
        const flagsAside = (shown: string) => shown.replaceAll(FLAG, '');
        expect(hidden(flagsAside(visible(text)))).toEqual([]);
        expect(hidden(flagsAside(keep(text)))).toEqual([]);
        expect(visible(text)).not.toMatch(/\n| {9}/);
        expect(keep(text)).not.toMatch(/\n{4}| {9}| \n| $/);
        expect(visible(text).isWellFormed()).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('loses nothing: different texts look different', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(readBack(keep(text), true)).toBe(spacesAside(text));
        expect(readBack(visible(text), false)).toBe(spacesAside(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes time linear in the text, whatever it is made of', () => {
    for (const unit of [
      'a ',
      ' ',
      '\n',
      ' \n',
      '\u202e',
      '\u2800\u3164',
      'a\u0301',
      '👨‍👩‍👧',
      '⟨',
      '\ud800',
      '1',
      '\u200d',
    ]) {
      // Quadratic, this would take hours: the runner's own limit is the only clock needed.
      const text = unit.repeat(Math.ceil(300_000 / unit.length));
      expect(keep(text).length).toBeGreaterThan(0);
    }
  });
});

describe('plainOutput', () => {
  it.each([
    ['colours', '\x1b[1;31mred\x1b[0m \x1b[38:5:196mx\x1b[m', 'red x'],
    ['titles and links', '\x1b]0;evil\x07a\x1b]8;;https://evil\x1b\\link\x1b]8;;\x1b\\', 'alink'],
    [
      'device, privacy and application strings',
      '\x1bPq#0\x1b\\a\x1b^x\x1b\\b\x1b_y\x1b\\c\x1bXz\x1b\\d',
      'abcd',
    ],
    ['eight-bit forms', '\u009b31ma\u009d0;t\u009cb\u0090q\u009cc', 'abc'],
    ['charsets and two-byte escapes', '\x1b(Ba\x1b7b\x1bcc\x1b=d', 'abcd'],
    ['strings that never end, up to their line', '\x1b]0;evil\nnext', '\nnext'],
    ['escapes that others would build when removed', '\x1b\x1b[0m[31mx', '[31mx'],
    ['an escape at the end', 'a\x1b', 'a'],
  ])('takes out %s', (_, text, plain) => {
    expect(plainOutput(text)).toBe(plain);
  });

  it('names other controls, keeps lines and columns, drops what ends lines', () => {
    expect(plainOutput('a\x07\u202e\u200bb')).toBe('a<U+0007><U+202E><U+200B>b');
    expect(plainOutput('a\tb\r\n12345678\tc  \n\n')).toBe('a       b\n12345678        c');
    expect(plainOutput('10%\r20%')).toBe('10%<U+000D>20%');
    expect(plainOutput('⟨ok⟩ ❤️ 日本')).toBe('⟨ok⟩ ❤️ 日本');
  });

  it('leaves no escape, whatever was written, and is done in one pass', () => {
    const escapes = fc
      .array(fc.constantFrom(...'\x1b\u009b\u009d\u0090\u009c\x07\x18[]P\\;:0m?$@ \na'), {
        maxLength: 40,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(escapes, nasty), (text) => {
        const plain = plainOutput(text);
        expect([...plain].filter((char) => char < ' ' && char !== '\n')).toEqual([]);
        expect(hidden(plain).filter((char) => char < '\xa0')).toEqual([]);
        expect(plainOutput(plain)).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('shownOutput', () => {
  it.each([
    ['names controls in marks', 'a\x07\u202eb', 'a⟨U+0007⟩⟨U+202E⟩b'],
    ['marks that were written are none', '⟨U+0007⟩ <U+0007>', '⟨U+27E8⟩U+0007⟨U+27E9⟩ <U+0007>'],
    ['keeps layout', 'a\tb\n\n\n\n\nc', 'a       b\n\n\n\n\nc'],
    ['counts what would push the rest away', `a${'\n'.repeat(90)}b`, 'a\n⟨89 empty lines⟩\nb'],
    ['counts empty lines before it', '\n\na', '⟨2 empty lines⟩\na'],
  ])('%s', (_, text, shown) => {
    expect(shownOutput(text)).toBe(shown);
  });
});
