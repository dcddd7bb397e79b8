// What people change about the policies, the same from chat, command line and HTTP: preview, store,
// forget, undo. Each change of the file is on the record and can be undone; who may is asked
// before it comes here.
import type { Approval } from '../bus/approval.ts';
import type { Grant } from '../bus/grant.ts';
import type { Identity } from '../bus/messages.ts';
import type { PolicyBook } from '../policies/book.ts';
import type { RulePlace, TakenRule } from '../policies/book-edits.ts';
import { exactRules } from '../policies/exact.ts';
import type { JudgeContext } from '../policies/judge.ts';
import { type PastRequest, type Previewed, previewRule } from '../policies/preview.ts';
import { isGrant, type RuleTerms } from '../policies/rule-terms.ts';
import type { RuleEntry, RuleSet } from '../policies/rules.ts';
import type { Interlock } from './interlock.ts';
import type { RuleUse } from './ledger.ts';
import type { RuleChange } from './policy-log.ts';
import { createRulesInForce } from './rules-in-force.ts';
import { undoLast } from './undo.ts';

/** How many of the newest requests a new rule is tried on. */
export const PAST_REQUESTS = 200;

type Refused = { readonly ok: false; readonly why: string };

export type Stored =
  | { readonly ok: true; readonly rule: RuleEntry; readonly already: boolean }
  | { readonly ok: true; readonly grant: Grant }
  | Refused;

export type Forgotten =
  | { readonly ok: true; readonly rule: RuleEntry }
  | { readonly ok: true; readonly grant: Grant }
  | Refused;

/** The rules and grants in force, with how often each decided. */
export interface PolicyList {
  readonly rules: readonly (RuleEntry & Used)[];
  readonly grants: readonly (Grant & Used)[];
  /** Why the newest text of the file is not in force, or null. */
  readonly problem: string | null;
}

interface Used {
  readonly uses: number;
  /** Milliseconds since the epoch; null for never. */
  readonly lastUsedAt: number | null;
}

export class PolicyEdits {
  readonly interlock: Interlock;
  readonly book: PolicyBook;
  /** What `~` means in rules. */
  readonly home: string | null;
  /** Told of each approval that somebody just gave by hand; it may propose a rule. */
  approved: (approval: Approval) => void = () => undefined;
  /** What somebody else than the policies has against allowing this pattern, or null. */
  objection: (pattern: string) => string | null = () => null;
  readonly #inForce = createRulesInForce();

  constructor(interlock: Interlock, book: PolicyBook, home: string | null) {
    this.interlock = interlock;
    this.book = book;
    this.home = home;
  }

  /** The rules of the file with the live grants. */
  async rules(): Promise<RuleSet> {
    return this.#inForce(this.book.current(), await this.interlock.grants());
  }

  /**
   * The patterns that would allow exactly this pending action from now on, or null where something
   * else than a missing rule makes it ask.
   */
  async exactly({ frozen, judgement, requester, state }: Approval): Promise<string[] | null> {
    if (state !== 'pending') return null;
    const context = this.context(requester, frozen.action.cwd);
    return exactRules(frozen.action, judgement, await this.rules(), context);
  }

  /** The newest requests, as rules are tried on them. */
  async past(): Promise<readonly PastRequest[]> {
    return (await this.interlock.recent(PAST_REQUESTS)).map((one) => this.request(one));
  }

  request(approval: Approval): PastRequest {
    return {
      id: approval.id,
      action: approval.frozen.action,
      context: this.context(approval.requester, approval.frozen.action.cwd),
      rejected: approval.decision?.kind === 'rejected',
    };
  }

  context(requester: Identity, cwd: string): JudgeContext {
    return { requester, platform: requester.split(':', 1)[0] ?? '', cwd, home: this.home };
  }

  /** What a rule would do; it stores nothing. */
  async preview(terms: RuleTerms): Promise<Previewed> {
    if (terms.uses !== null && terms.effect !== 'allow') {
      const why = `only what is allowed is used up: give the ${terms.effect} a time, such as "for 2h"`;
      return { ok: false, why };
    }
    const objection = this.#objection(terms);
    if (objection !== null) return objection;
    const broken = isGrant(terms) ? null : this.book.problem();
    if (broken !== null) {
      const why = `the policy file is broken and must be mended by hand first:\n${broken}`;
      return { ok: false, why };
    }
    const options = {
      past: await this.past(),
      rules: await this.rules(),
      dangerousPermitted: this.book.permitsDangerous(),
    };
    return previewRule(terms, options);
  }

  /** Puts a rule into the file, or a grant into the store; in force when it resolves. */
  async store(terms: RuleTerms, actor: Identity): Promise<Stored> {
    const objection = this.#objection(terms);
    if (objection !== null) return objection;
    if (isGrant(terms)) return this.#grant(terms, actor);
    const { effect, pattern, in: cwd, from, on, approvals, reason } = terms;
    const added = await this.book.add(effect, pattern, { in: cwd, from, on, approvals, reason });
    if (!added.ok) return added;
    const { entry, already, place } = added;
    if (!already) await this.#record(actor, 'added', entry, place, { key: entry.key });
    return { ok: true, rule: entry, already };
  }

  #objection({ effect, pattern }: RuleTerms): Refused | null {
    const why = effect === 'allow' ? this.objection(pattern) : null;
    return why === null ? null : { ok: false, why };
  }

  #grant(terms: RuleTerms, actor: Identity): Promise<Stored> {
    const { effect, pattern, in: cwd, from, on, approvals, reason, forMs, uses } = terms;
    return this.interlock.grant(actor, {
      effect,
      pattern,
      in: cwd,
      from,
      on,
      approvals,
      reason,
      dangerous: this.book.permitsDangerous(),
      expiresAt: forMs === null ? null : this.interlock.ports.clock.now() + forMs,
      usesLeft: uses,
      origin: null,
    });
  }

  /** Takes out a rule by its number, pattern or written form, or a grant by its id or pattern. */
  async forget(which: string, actor: Identity): Promise<Forgotten> {
    const wanted = which.trim();
    if (/^g\d+$/i.test(wanted)) {
      const grant = await this.interlock.revokeGrant(wanted, actor);
      if (grant !== null) return { ok: true, grant };
      return { ok: false, why: `there is no grant ${wanted}: it may have ended by itself` };
    }
    const grants = (await this.interlock.grants()).filter(
      ({ effect, pattern }) => pattern === wanted || `${effect}: ${pattern}` === wanted,
    );
    const written = this.book
      .list()
      .some((one) => one.pattern === wanted || one.written === wanted);
    const [only] = grants;
    if (only !== undefined && (written || grants.length > 1)) {
      const ids = grants.map(({ id }) => id).join(', ');
      const also = written ? ' and a rule of the file' : '';
      return { ok: false, why: `${ids}${also} say this: name one by its id or number` };
    }
    if (only !== undefined) return this.forget(only.id, actor);
    const removed = await this.book.remove(wanted);
    if (!removed.ok) return removed;
    const { key, text } = removed.taken;
    await this.#record(actor, 'removed', removed.entry, removed.taken.place, { key, text });
    return { ok: true, rule: removed.entry };
  }

  /** Takes back the newest change that was not undone; says what it did. */
  undo(actor: Identity) {
    return undoLast(this.interlock, this.book, actor);
  }

  async list(): Promise<PolicyList> {
    const [uses, grants] = await Promise.all([this.interlock.ruleUses(), this.interlock.grants()]);
    return {
      rules: this.book.list().map((rule) => ({ ...rule, ...used(uses.get(rule.key)) })),
      grants: grants.map((grant) => ({ ...grant, ...used(uses.get(`grant:${grant.id}`)) })),
      problem: this.book.problem(),
    };
  }

  #record(
    actor: Identity,
    kind: RuleChange['kind'],
    entry: RuleEntry,
    place: RulePlace,
    source: Pick<TakenRule, 'key'> & Partial<TakenRule>,
  ): Promise<void> {
    const { effect, pattern, in: cwd, from, on, approvals, reason, dangerous, written } = entry;
    const rule = { effect, pattern, in: cwd, from, on, approvals, reason, dangerous };
    const { version } = this.book.current();
    return this.interlock.recordChange(actor, { kind, written, rule, source, place, version });
  }
}

function used(use: RuleUse | undefined): Used {
  return { uses: use?.uses ?? 0, lastUsedAt: use?.lastAt ?? null };
}
