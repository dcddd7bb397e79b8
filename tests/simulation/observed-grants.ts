// What the observer knows of grants, from the entries of the record alone: who may be released by
// which, and how often each was used. Written from the design, not from the code.
import type { AuditDraft } from '../../src/audit/chain.ts';
import type { Grant } from '../../src/bus/grant.ts';
import type { Effect, Judgement } from '../../src/bus/messages.ts';
import type { Writes } from '../../src/interlock/ledger.ts';

interface Known {
  readonly grant: Grant;
  used: number;
  over: boolean;
}

export class ObservedGrants {
  readonly #known = new Map<string, Known>();
  /** Uses of every rule, file and grants alike, by its key. */
  readonly uses = new Map<string, number>();
  readonly #violate: (invariant: string, message: string) => void;

  constructor(violate: (invariant: string, message: string) => void) {
    this.#violate = violate;
  }

  /** Whether it was given, and whether it was taken back or ended since. */
  standing(id: string): 'unknown' | 'stands' | 'over' {
    const known = this.#known.get(id);
    return known === undefined ? 'unknown' : known.over ? 'over' : 'stands';
  }

  /** What a command gets, by its rule and the grants that are live at this time. */
  effect(command: string, rule: Effect | undefined, atMs: number): Effect {
    const live = (effect: Effect) => this.#about(command, effect).some((one) => isLive(one, atMs));
    if (rule === 'deny' || live('deny')) return 'deny';
    if (live('ask')) return 'ask';
    return rule === 'allow' || live('allow') ? 'allow' : 'ask';
  }

  /** Whether a grant lets what it released be claimed, though it may be used up by that. */
  stillReleases(command: string, used: readonly string[], atMs: number): boolean {
    if (this.#about(command, 'ask').some((one) => isLive(one, atMs))) return false;
    return this.#about(command, 'allow').some(
      (one) => isLive(one, atMs) || (inTime(one, atMs) && used.includes(one.grant.id)),
    );
  }

  #about(command: string, effect: Effect): Known[] {
    return [...this.#known.values()].filter(
      ({ grant }) => grant.effect === effect && grant.pattern === `${command} --now`,
    );
  }

  entry({ type, data, atMs }: AuditDraft): void {
    const grant = data['grant'] as Grant;
    if (type === 'grant.added') {
      if (this.#known.has(grant.id)) this.#violate('I5', `${grant.id} was given twice`);
      if (grant.expiresAt === null && grant.usesLeft === null) {
        this.#violate('I6', `${grant.id} has no end`);
      }
      this.#known.set(grant.id, { grant, used: 0, over: false });
      return;
    }
    const known = this.#known.get(grant.id);
    if (known === undefined || known.over) {
      this.#violate('I5', `${type} of ${grant.id}, which does not stand`);
      return;
    }
    if (type === 'grant.ended' && inTime(known, atMs) && !isUsedUp(known)) {
      this.#violate('I6', `${grant.id} was ended before its end`);
    }
    known.over = true;
  }

  /** Something was submitted and a judgement held; returns the grants that released it. */
  judged(id: string, state: string, judgement: Judgement, atMs: number): string[] {
    for (const key of judgement.used) this.uses.set(key, (this.uses.get(key) ?? 0) + 1);
    if (state !== 'approved') return [];
    const grants = judgement.used.flatMap((key) => /^grant:(.*)$/.exec(key)?.[1] ?? []);
    for (const one of grants) {
      const known = this.#known.get(one);
      if (known === undefined || known.over || !inTime(known, atMs)) {
        this.#violate('I6', `${id} was released by ${one}, which does not stand`);
      } else if (isUsedUp(known)) {
        this.#violate('I6', `${id} was released by ${one}, which was used up`);
      }
      if (known !== undefined) known.used += 1;
    }
    return grants;
  }

  /** What is written of grants is what the record says of them. */
  written(writes: Writes['grants'], used: readonly string[]): void {
    const rows = new Map(writes?.put.map((grant) => [grant.id, grant]));
    for (const { id, usesLeft } of rows.values()) {
      const known = this.#known.get(id);
      const left = known === undefined ? undefined : usesLeftOf(known);
      if (left !== usesLeft) {
        this.#violate('I6', `${id} has ${usesLeft} uses left, its record says ${left}`);
      }
      if (known?.over) this.#violate('I5', `${id} is written although it is over`);
    }
    for (const id of writes?.drop ?? []) {
      if (this.standing(id) !== 'over') this.#violate('I5', `${id} is gone without an entry`);
    }
    for (const id of used) {
      const known = this.#known.get(id);
      if (known === undefined || known.grant.usesLeft === null || known.over) continue;
      if (!rows.has(id)) this.#violate('I6', `${id} was used and its use is not written`);
    }
  }
}

function inTime({ grant, over }: Known, atMs: number): boolean {
  return !over && (grant.expiresAt === null || atMs < grant.expiresAt);
}

function isUsedUp({ grant, used }: Known): boolean {
  return grant.usesLeft !== null && used >= grant.usesLeft;
}

function isLive(known: Known, atMs: number): boolean {
  return inTime(known, atMs) && !isUsedUp(known);
}

function usesLeftOf({ grant, used }: Known): number | null {
  return grant.usesLeft === null ? null : grant.usesLeft - used;
}
