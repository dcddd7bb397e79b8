// Labelled decisions and readings: none may be wrong.
import { expect, test } from 'vitest';
import { readLine } from '../../src/policies/read-line.ts';
import { judgeLine, type OwnCase, type PolicyCase, readCases, type ShellCase } from './cases.ts';

test('no labelled decision is wrong', () => {
  const wrong = readCases<PolicyCase>('policy').filter((one) => {
    const { effect } = judgeLine(one.command, { allow: one.policy_allow, deny: one.policy_deny });
    if (one.must_not_auto_allow && effect === 'allow') return true;
    if (one.must_deny && effect !== 'deny') return true;
    return one.must_auto_allow === true && effect !== 'allow';
  });
  expect(wrong.map((one) => one.id)).toEqual([]);
});

test('no decision of our own list is wrong', () => {
  const wrong = readCases<OwnCase>('own').flatMap((one) => {
    const { effect } = judgeLine(one.command, one);
    const right = one.want.startsWith('not ') ? effect !== one.want.slice(4) : effect === one.want;
    return right ? [] : [{ ...one, effect }];
  });
  expect(wrong).toEqual([]);
});

test('every labelled line is read into exactly its simple commands', () => {
  const wrong = readCases<ShellCase>('shell').flatMap((one) => {
    if (one.want !== 'parse') return [];
    const { commands, failure } = readLine(one.src);
    const words = commands.filter((c) => c.words.length > 0).map((c) => c.words.map((w) => w.text));
    const same = JSON.stringify(words) === JSON.stringify(one.commands);
    return same && failure === null ? [] : [{ src: one.src, words, failure }];
  });
  expect(wrong).toEqual([]);
});

test('the commands of a judgement are those of the line and what its wrappers run', () => {
  const wrong = readCases<ShellCase>('shell').flatMap((one) => {
    if (one.want !== 'parse') return [];
    const inner = Array.isArray(one.effective) ? one.effective : [];
    const words = judgeLine(one.src, { allow: ['*'] }).commands.map((command) => command.words);
    const wanted = [...(one.commands ?? []), ...inner];
    return JSON.stringify(words) === JSON.stringify(wanted) ? [] : [{ src: one.src, words }];
  });
  expect(wrong).toEqual([]);
});

test('what bash would not run, or what nobody can know, is never allowed', () => {
  const wrong = readCases<ShellCase>('shell').filter(
    (one) => one.want === 'ask' && judgeLine(one.src, { allow: ['*'] }).effect === 'allow',
  );
  expect(wrong.map((one) => one.src)).toEqual([]);
});
