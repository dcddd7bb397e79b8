// Durations and sizes: what is read, and what is refused with which hint.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duration, parseDuration, parseSize, size } from '../../src/config/quantities.ts';

describe('durations', () => {
  test('are read in days, hours, minutes, seconds and milliseconds, largest first', () => {
    const texts = ['30m', '1h30m', '45s', '500ms', '2d', '1d2h3m4s5ms', '0s'];
    expect(texts.map(parseDuration)).toEqual([
      1_800_000, 5_400_000, 45_000, 500, 172_800_000, 93_784_005, 0,
    ]);
  });

  test('are nothing else', () => {
    const texts = [
      '',
      '30',
      'm',
      '30 m',
      '1.5h',
      '-1s',
      '30m1h',
      '1h1h',
      '1H',
      '1w',
      '1e3s',
      ' 1s',
    ];
    expect(texts.map(parseDuration)).toEqual(texts.map(() => null));
  });

  test('sum up their parts, whatever these are', () => {
    const part = fc.nat({ max: 10_000 });
    fc.assert(
      fc.property(part, part, part, part, part, (d, h, m, s, ms) => {
        const expected = (((d * 24 + h) * 60 + m) * 60 + s) * 1000 + ms;
        return parseDuration(`${d}d${h}h${m}m${s}s${ms}ms`) === expected;
      }),
    );
  });

  test('too large to count exactly are refused', () => {
    expect(parseDuration('99999999999999999d')).toBeNull();
  });
});

describe('sizes', () => {
  test('are read in B, KiB, MiB and GiB', () => {
    expect(['512 B', '64 KiB', '1MiB', '1 GiB'].map(parseSize)).toEqual([
      512,
      65_536,
      1_048_576,
      1024 ** 3,
    ]);
  });

  test('are nothing else', () => {
    const texts = ['', '1', '1 KB', '1 GB', '1 gib', '1.5 GiB', '-1 B', '1  B', '9'.repeat(30)];
    expect(texts.map(parseSize)).toEqual(texts.map(() => null));
  });
});

describe('in the configuration', () => {
  const say = (schema: ReturnType<typeof duration>, value: unknown) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? parsed.data : parsed.error.issues.map((issue) => issue.message);
  };

  test('a number without a unit is refused with a hint', () => {
    const hint = ['30 lacks a unit: write a duration such as 30m, 1h30m or 45s'];
    expect([say(duration('1s', '1h'), 30), say(duration('1s', '1h'), '30')]).toEqual([hint, hint]);
    expect(say(size('1 B', '1 GiB'), 5)).toEqual([
      '5 lacks a unit: write a size such as 64 KiB or 1 GiB',
    ]);
  });

  test('bounds are included and named in their own notation', () => {
    const schema = duration('1s', '1h');
    expect(['1s', '60m', '999ms', '61m', true].map((value) => say(schema, value))).toEqual([
      1000,
      3_600_000,
      ['must be at least 1s'],
      ['must be at most 1h'],
      ['must be a duration such as 30m, 1h30m or 45s'],
    ]);
  });
});
