// Output on its way to chats and agents: no escape and no secret is left, all else is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrubOutput } from '../../src/guard/scrub.ts';

// Put together here, so that nobody who searches for tokens finds one.
const GITHUB = `ghp_${'a1B2'.repeat(9)}`;
const KEY = `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----\nb3BlbnNz\n-----END OPENSSH ${'PRIVATE'} KEY-----`;

describe('scrubOutput', () => {
  it.each([
    ['a token', `token ${GITHUB}.`, 'token [masked: GitHub token].'],
    [
      'one with an escape inside',
      `${GITHUB.slice(0, 9)}\x1b[0m${GITHUB.slice(9)}`,
      '[masked: GitHub token]',
    ],
    ['an AWS key', `id AKIA${'ABCD'.repeat(4)} x`, 'id [masked: AWS key id] x'],
    ['a bot token', `12345678:${'Aa1_-'.repeat(7)}`, '[masked: Telegram token]'],
    ['a private key', `x\n${KEY}\ny`, 'x\n[masked: private key]\ny'],
    ['a key that is cut off', `x ${KEY.slice(0, 50)}`, 'x [masked: private key]'],
    [
      'a password in a URL',
      'https://me:hunter2@example.com/',
      'https://me:[masked: password]@example.com/',
    ],
    ['a value that is known', 'pw=correct-horse', 'pw=[masked: secret]'],
    ['colours', '\x1b[31mred\x1b[0m', 'red'],
  ])('takes out %s', (_, text, expected) => {
    expect(scrubOutput(text, ['correct-horse', 'x']).text).toBe(expected);
  });

  it('leaves ordinary output as it is, and says how much it masked', () => {
    const text = 'commit 1a2b3c4d5e6f\nsha256:9f86d081884c7d65\n12:34:56 ✓ готово 日本\n';
    expect(scrubOutput(text)).toEqual({ text, masked: 0 });
    expect(scrubOutput(`${GITHUB} ${GITHUB}`).masked).toBe(2);
  });

  it('is done in one pass, and leaves no secret that it was given', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        GITHUB,
        KEY,
        'correct-horse',
        '\x1b[0m',
        '\x1b]0;',
        '\x9b',
        '://a:',
        '@',
        ':',
        '-----',
        'eyJ',
        ' ',
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        const { text } = scrubOutput(parts.join(''), ['correct-horse']);
        expect(text).not.toContain('correct-horse');
        expect(text).not.toContain(GITHUB);
        expect(scrubOutput(text, ['correct-horse'])).toEqual({ text, masked: 0 });
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes time linear in the text', () => {
    for (const unit of [
      'eyJ',
      'eyJ-',
      'sk-',
      '://a:',
      '-----BEGIN PRIVATE KEY-----',
      'ghp_',
      'pypi-',
      'M',
    ]) {
      // Quadratic, this would take hours: the runner's own limit is the only clock needed.
      expect(scrubOutput(unit.repeat(100_000)).text.length).toBeGreaterThan(0);
    }
  });
});
