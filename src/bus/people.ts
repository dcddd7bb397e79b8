// Who may do what: stable identities from the configuration, nobody by default (I7).
import { z } from 'zod';
import type { Identity } from './messages.ts';

/**
 * `approver` decides and may lock down, `policy` edits rules, `owner` may do everything,
 * `requester` only submits. Whoever has any of them may submit and look.
 */
export const Role = z.enum(['requester', 'approver', 'policy', 'owner']);
export type Role = z.infer<typeof Role>;

export interface Person {
  readonly id: Identity;
  readonly roles: readonly Role[];
}

export interface People {
  /** Null for a stranger. */
  rolesOf(identity: Identity): ReadonlySet<Role> | null;
  /** Everybody who may approve, for telling a requester who is asked. */
  readonly approvers: readonly Identity[];
}

/** Whether these roles permit what needs `role`. */
export function permits(roles: ReadonlySet<Role>, role: Role): boolean {
  if (roles.size === 0) return false;
  return role === 'requester' || roles.has('owner') || roles.has(role);
}

export function createPeople(persons: readonly Person[]): People {
  const roles = new Map<Identity, Set<Role>>();
  for (const person of persons) {
    const known = roles.get(person.id) ?? new Set();
    for (const role of person.roles) known.add(role);
    roles.set(person.id, known);
  }
  return {
    rolesOf: (identity) => roles.get(identity) ?? null,
    approvers: [...roles].filter(([, of]) => permits(of, 'approver')).map(([id]) => id),
  };
}
