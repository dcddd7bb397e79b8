// What is a command and what is only somebody's text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstWord, readCommand } from '../../src/chat/grammar.ts';

describe('a command', () => {
  it.each([
    ['!approve K7F2M', 'approve', 'K7F2M'],
    ['!APPROVE k7f2m', 'approve', 'k7f2m'],
    ['  !pending  ', 'pending', ''],
    ['\u200e!approve\u200f K7F2M', 'approve', 'K7F2M'],
    ['!run echo  a\n b\n', 'run', 'echo  a\n b'],
    ['!run\u00a0echo', null, null],
    ['!run echo\u00a0', 'run', 'echo\u00a0'],
    ['! approve K7F2M', null, null],
    ['please !approve K7F2M', null, null],
    ['approve K7F2M', null, null],
    ['!', null, null],
    ['!!approve K7F2M', null, null],
    ['', null, null],
  ])('%j', (text, word, rest) => {
    expect(readCommand(text)).toEqual(word === null ? null : { word, rest });
  });

  it('is never found inside other text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (before) => {
        fc.pre(/[^\s\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/.test(before));
        fc.pre(!/^\s*!/.test(before));
        expect(readCommand(`${before}!approve K7F2M`)?.word).not.toBe('approve');
      }),
    );
  });

  it('splits off the first word', () => {
    expect(firstWord('K7F2M  too late')).toEqual({ word: 'K7F2M', after: 'too late' });
    expect(firstWord('')).toEqual({ word: '', after: '' });
  });
});
