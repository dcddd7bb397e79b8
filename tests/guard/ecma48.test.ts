// Terminal escapes: found whole in every form that ECMA-48 has, and gone at once when removed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeEnd, sequenceAt, sequencesOf, withoutSequences } from '../../src/guard/ecma48.ts';

const kinds = (text: string) =>
  sequencesOf(text).map(({ kind, body, final, isComplete }) => [kind, body, final, isComplete]);

describe('sequencesOf', () => {
  it.each([
    [
      'colours',
      '\x1b[1;31mred\x1b[m',
      [
        ['CSI', '1;31', 'm', true],
        ['CSI', '', 'm', true],
      ],
    ],
    ['colon parameters', '\x1b[38:5:196m', [['CSI', '38:5:196', 'm', true]]],
    ['private modes', '\x1b[?1049h', [['CSI', '?1049', 'h', true]]],
    [
      'intermediates',
      '\x1b[0 q\x1b[!p',
      [
        ['CSI', '0 ', 'q', true],
        ['CSI', '!', 'p', true],
      ],
    ],
    ['eight-bit CSI', '\x9b31m', [['CSI', '31', 'm', true]]],
    ['CSI cut off', '\x1b[31', [['CSI', '31', '', false]]],
    ['CSI broken by a control', '\x1b[3\n1m', [['CSI', '3', '', false]]],
    ['a title ended by BEL', '\x1b]0;t\x07', [['OSC', '0;t', '', true]]],
    ['a title ended by ST', '\x1b]0;t\x1b\\x', [['OSC', '0;t', '', true]]],
    ['eight-bit OSC and ST', '\x9d0;t\x9c', [['OSC', '0;t', '', true]]],
    ['OSC that never ends', '\x1b]0;t', [['OSC', '0;t', '', false]]],
    ['OSC that its line ends', '\x1b]0;t\nx', [['OSC', '0;t', '', false]]],
    ['OSC broken by CAN', '\x1b]0;t\x18', [['OSC', '0;t', '', true]]],
    [
      'a string broken by another',
      '\x1b]0;t\x1b[m',
      [
        ['OSC', '0;t', '', false],
        ['CSI', '', 'm', true],
      ],
    ],
    [
      'device strings',
      '\x1bP+q\x1b\\\x90q\x9c',
      [
        ['DCS', '+q', '', true],
        ['DCS', 'q', '', true],
      ],
    ],
    [
      'APC, PM, SOS',
      '\x1b_a\x1b\\\x1b^b\x1b\\\x1bXc\x1b\\',
      [
        ['APC', 'a', '', true],
        ['PM', 'b', '', true],
        ['SOS', 'c', '', true],
      ],
    ],
    [
      'eight-bit APC, PM, SOS',
      '\x9fa\x9c\x9eb\x9c\x98c\x9c',
      [
        ['APC', 'a', '', true],
        ['PM', 'b', '', true],
        ['SOS', 'c', '', true],
      ],
    ],
    [
      'charsets',
      '\x1b(B\x1b$)A',
      [
        ['escape', '(', 'B', true],
        ['escape', '$)', 'A', true],
      ],
    ],
    [
      'two bytes',
      '\x1b7\x1b=\x1bc',
      [
        ['escape', '', '7', true],
        ['escape', '', '=', true],
        ['escape', '', 'c', true],
      ],
    ],
    ['an escape that waits', 'x\x1b', [['lone', '', '', false]]],
    ['an escape cut off', '\x1b(', [['escape', '(', '', false]]],
    [
      'two escapes',
      '\x1b\x1b[m',
      [
        ['lone', '', '', false],
        ['CSI', '', 'm', true],
      ],
    ],
    [
      'other C1',
      'a\x85b\x9c',
      [
        ['C1', '', '\x85', true],
        ['C1', '', '\x9c', true],
      ],
    ],
    ['none', 'plain \\033[31m é \u00a0', []],
  ])('finds %s', (_, text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });
});

/** True where an ESC or a C1 control is left: only these begin something. */
const introduces = (text: string) =>
  [...text].some((char) => char === '\x1b' || (char >= '\x80' && char <= '\x9f'));

/** What attackers put together: introducers, halves of terminators, finals, and text. */
const escapes = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'\x1b\x9b\x9d\x90\x98\x9e\x9f\x9c\x85\x07\x18\x1a[]P_^X\\;:?0 m\n\ra'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('withoutSequences', () => {
  it('leaves no introducer, and is a fixed point at once', () => {
    fc.assert(
      fc.property(escapes, (text) => {
        const plain = withoutSequences(text);
        expect(introduces(plain)).toBe(false);
        expect(withoutSequences(plain)).toBe(plain);
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes out sequences alone: all else is there, in order', () => {
    fc.assert(
      fc.property(escapes, (text) => {
        let at = 0;
        let rest = '';
        for (const sequence of sequencesOf(text)) {
          expect(sequence.at).toBeGreaterThanOrEqual(at);
          expect(sequence.end).toBeGreaterThan(sequence.at);
          expect(sequence.end).toBeLessThanOrEqual(text.length);
          expect(sequenceAt(text, sequence.at)).toEqual(sequence);
          rest += text.slice(at, sequence.at);
          at = sequence.end;
        }
        expect(withoutSequences(text)).toBe(rest + text.slice(at));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps text without escapes as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!introduces(text));
        expect(withoutSequences(text)).toBe(text);
      }),
    );
  });

  it('takes time linear in the text', () => {
    for (const unit of [
      '\x1b',
      '\x1b[',
      '\x1b]',
      '\x1b]x',
      '\x1b ',
      '\x9b0',
      '\x90',
      '\x1bP\x1b',
    ]) {
      // Quadratic, this would take hours: the runner's own limit is the only clock needed.
      expect(withoutSequences(unit.repeat(300_000))).not.toContain('\x1b');
    }
  });
});

describe('escapeEnd', () => {
  it('says where a sequence ends, and stays where none begins', () => {
    expect(escapeEnd('a\x1b[31mb', 1)).toBe(6);
    expect(escapeEnd('a\x1b[31mb', 0)).toBe(0);
    expect(escapeEnd('\x85', 0)).toBe(0);
    expect(escapeEnd('\x1b', 0)).toBe(1);
  });
});
