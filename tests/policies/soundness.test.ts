// Lines that are known to get past allow lists and deny lists, and everyday lines that must not be
// asked about: what each comes to under its rules, by kind.
import { expect, test } from 'vitest';
import { judgeLine, readCases } from './cases.ts';

interface Group {
  readonly category: string;
  readonly want: 'allow' | 'deny' | 'not allow' | 'not deny';
  readonly allow: string[];
  readonly deny: string[];
  readonly commands: readonly string[];
}

const GROUPS = readCases<Group>('soundness');

test.each([...new Set(GROUPS.map((group) => group.category))])('%s', (category) => {
  const wrong = GROUPS.flatMap((group) => {
    if (group.category !== category) return [];
    return group.commands.flatMap((command) => {
      const { effect, reasons } = judgeLine(command, group);
      const not = group.want.startsWith('not ');
      const right = not ? effect !== group.want.slice(4) : effect === group.want;
      return right ? [] : [{ command, want: group.want, effect, reasons }];
    });
  });
  expect(wrong).toEqual([]);
});
