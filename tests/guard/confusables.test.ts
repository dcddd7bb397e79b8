// What looks like what: the committed data is what the script makes of Unicode's file, and
// skeletons are those of UTS #39.
import { describe, expect, it } from 'vitest';
import { encodeConfusables, readConfusables } from '../../scripts/confusables.mjs';
import { asciiTwin, foldedSkeletons, prototypeOf, skeleton } from '../../src/guard/confusables.ts';
import { CONFUSABLES, CONFUSABLES_VERSION } from '../../src/guard/confusables-data.ts';

describe('the data', () => {
  it('is of a stated version, and whole', () => {
    expect(CONFUSABLES_VERSION).toMatch(/^\d+\.0\.0$/);
    const sources = CONFUSABLES.join(' ')
      .split(' ')
      .flatMap((group) => group.split(':')[1]?.split(',') ?? []);
    expect(sources).toHaveLength(6355);
  });

  it('is written from a file of Unicode, and reads back as it', () => {
    const file = [
      '# Date: 2024-08-14, 23:39:57 GMT',
      '# Version: 16.0.0',
      '0430 ;\t0061 ;\tMA\t# ( а → a )',
      'FF41 ;\t0061 ;\tMA\t# ( ａ → a )',
      '1F70E ;\t0053 0053 ;\tMA\t# two',
      '',
    ].join('\n');
    const { version, date, mappings } = readConfusables(file);
    expect([version, date, mappings.size]).toEqual(['16.0.0', '2024-08-14', 3]);
    expect(encodeConfusables(mappings)).toEqual(
      ['2p:ts,1f2p', '2b+2b:2rny'].map((each) =>
        each.replace('1f2p', (0xff41 - 0x430).toString(36)).replace('2rny', (0x1f70e).toString(36)),
      ),
    );
    expect(() => readConfusables('nothing of it')).toThrow('no confusables.txt');
  });
});

describe('a skeleton', () => {
  it.each([
    ['\u{1d52d}\u{1d4b6}\u1eff\u{1d55f}\u{1d552}\u2113', skeleton('pa\u1effnal')],
    ['\u0430\u0440\u0440\u04cf\u0435', 'appie'],
    ['rnicrosoft', skeleton('microsoft')],
    ['g\u0131thub', 'github'],
    ['a\u200bb', 'ab'],
  ])('of %s is %s', (text, expected) => {
    expect(skeleton(text)).toBe(expected);
  });

  it('is that of the decomposed text', () => {
    expect(skeleton('\u00e9')).toBe(skeleton('e\u0301'));
    expect(prototypeOf(0x65e5)).toBe('\u65e5');
  });

  it('is compared with `i` and `l` as one', () => {
    expect(foldedSkeletons('\u0430\u0440\u0440\u04cf\u0435')).toEqual(foldedSkeletons('apple'));
  });

  it('knows for which ASCII character one is taken', () => {
    const taken = ['\u0441', '\uff47', '\u2215', '\u{1d42b}', '\u65e5', '\u0431'].map((char) =>
      asciiTwin(char.codePointAt(0) ?? 0),
    );
    expect(taken).toEqual(['c', 'g', '/', 'r', null, '6']);
  });
});
