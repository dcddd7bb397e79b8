// Who may do what, and how often.
import { describe, expect, it } from 'vitest';
import { Limiter } from '../../src/bus/limiter.ts';
import { createPeople, permits, type Role } from '../../src/bus/people.ts';

describe('roles', () => {
  it.each<[Role[], Role, boolean]>([
    [[], 'requester', false],
    [['requester'], 'requester', true],
    [['requester'], 'approver', false],
    [['approver'], 'requester', true],
    [['approver'], 'policy', false],
    [['policy'], 'approver', false],
    [['owner'], 'approver', true],
    [['owner'], 'policy', true],
    [['approver', 'policy'], 'owner', false],
  ])('%j permit %s: %s', (roles, needed, expected) => {
    expect(permits(new Set(roles), needed)).toBe(expected);
  });

  it('add up over entries; nobody is anybody by default', () => {
    const people = createPeople([
      { id: 'telegram:1', roles: ['requester'] },
      { id: 'telegram:1', roles: ['approver'] },
    ]);
    expect(people.rolesOf('telegram:1')).toEqual(new Set(['requester', 'approver']));
    expect(people.rolesOf('telegram:2')).toBeNull();
    expect(people.approvers).toEqual(['telegram:1']);
    expect(createPeople([]).approvers).toEqual([]);
  });
});

describe('a limiter', () => {
  it('gives a burst, then its rate, to each key by itself, whatever the clock does', () => {
    let now = 0;
    const limiter = new Limiter({ now: () => now, after: () => () => undefined }, 2);
    expect([limiter.take('a'), limiter.take('a'), limiter.take('a')]).toEqual([true, true, false]);
    expect(limiter.take('b')).toBe(true);
    now += 30_000;
    expect([limiter.take('a'), limiter.take('a')]).toEqual([true, false]);
    now -= 3_600_000;
    expect(limiter.take('a')).toBe(false);
    now += 60_000;
    expect(limiter.take('a')).toBe(true);
  });
});
