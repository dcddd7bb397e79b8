// Holds every answer that somebody got against what was committed: nobody may be told anything that
// is not so, and what was acknowledged must stay.
import type { Approval } from '../../src/bus/approval.ts';
import type {
  Decided,
  DecisionRequest,
  Submission,
  Submitted,
} from '../../src/interlock/interlock.ts';
import type { Case, Observer } from './observer.ts';
import { same } from './observer.ts';
import { personOf } from './people.ts';

/** What held when a question was asked: answers may be newer, never older. */
export interface Asked {
  readonly commits: number;
  readonly version: number;
}

export class Answers {
  readonly #observer: Observer;
  /** Approvals whose submission was acknowledged, with the digest that was. */
  readonly submissions = new Map<string, string>();
  /** Decisions that were acknowledged. */
  readonly decisions: { readonly id: string; readonly kind: string; readonly actor: string }[] = [];
  readonly #new = new Set<string>();

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Take it when a question is asked. */
  ask(id: string | null): Asked {
    const known = id === null ? undefined : this.#observer.cases.get(id);
    return { commits: this.#observer.commits, version: known?.version ?? 0 };
  }

  submitted(submission: Submission, answer: Submitted): void {
    const { id, frozen, requester, idempotencyKey } = answer.approval;
    const known = this.#observer.cases.get(id);
    if (known === undefined) {
      this.#wrong('I8', `${id} was acknowledged and is not in the store`);
      return;
    }
    this.#honest(known, answer.approval);
    const isSame = frozen.digest === submission.frozen.digest;
    if (isSame === (answer.kind === 'key-reused')) {
      this.#wrong('I3', `${id}: ${answer.kind} for ${isSame ? 'the same' : 'another'} action`);
    }
    if (requester !== submission.requester || idempotencyKey !== submission.idempotencyKey) {
      this.#wrong('I8', `${id} was given to somebody else than its requester`);
    }
    if (answer.kind === 'new') {
      if (this.#new.has(id)) this.#wrong('I8', `${id} was new twice`);
      this.#new.add(id);
    } else if (submission.idempotencyKey === null) {
      this.#wrong('I8', `${id}: ${answer.kind} without a key`);
    }
    this.submissions.set(id, frozen.digest);
  }

  decided(request: DecisionRequest, answer: Decided, asked: Asked): void {
    this.#answered(request.id, request.actor, request.verdict, answer, asked);
  }

  cancelled(id: string, actor: string, answer: Decided, asked: Asked): void {
    this.#answered(id, actor, 'cancel', answer, asked);
  }

  #answered(
    id: string,
    actor: string,
    verdict: 'approve' | 'reject' | 'cancel',
    answer: Decided,
    asked: Asked,
  ): void {
    const known = this.#observer.cases.get(id);
    if (answer.kind === 'not-found') {
      if (asked.version > 0) this.#wrong('I8', `${id} was there and is not found`);
      return;
    }
    if (known === undefined) {
      this.#wrong('I8', `an answer about ${id}, which is not in the store`);
      return;
    }
    this.#honest(known, answer.approval);
    if (answer.approval.version < asked.version) {
      this.#wrong('I2', `${id}: the answer to ${actor} is older than its question`);
    }
    switch (answer.kind) {
      case 'decided':
        this.#won(known, actor, verdict, answer.approval);
        break;
      case 'voted':
        if (!known.voters.includes(personOf(actor))) {
          this.#wrong('I2', `${id}: ${actor} was told that its vote counts, and it does not`);
        }
        break;
      case 'expired':
        if (answer.approval.decision?.kind !== 'expired') {
          this.#wrong('I2', `${id}: ${actor} was told that it expired`);
        }
        break;
      case 'lockdown':
        if (this.#observer.lastLockedCommit < asked.commits && !this.#observer.lockedDown) {
          this.#wrong('I4', `${id}: ${actor} was told of a lockdown that was not`);
        }
        break;
      case 'refused':
        this.#refused(known, actor, verdict, answer);
    }
  }

  #won(known: Case, actor: string, verdict: string, approval: Approval): void {
    const kind = { approve: 'approved', reject: 'rejected', cancel: 'cancelled' }[verdict];
    const place = known.decisions.findIndex((decision) => same(decision, approval.decision));
    const decision = known.decisions[place];
    if (decision?.kind !== kind || decision?.actor !== actor) {
      this.#wrong('I2', `${known.id}: ${actor} was told to have ${kind} it, and has not`);
      return;
    }
    if (known.told.includes(place)) {
      this.#wrong('I2', `${known.id}: two were told to have ${kind} it`);
    }
    known.told.push(place);
    this.decisions.push({ id: known.id, kind: decision.kind, actor });
  }

  #refused(
    known: Case,
    actor: string,
    verdict: string,
    { refusal, approval }: Extract<Decided, { kind: 'refused' }>,
  ): void {
    const kinds = known.decisions.map(({ kind }) => kind);
    const isSo = {
      repeated:
        verdict === 'approve'
          ? kinds.includes('approved') ||
            kinds.includes('allowed') ||
            known.voters.includes(personOf(actor))
          : kinds.includes(verdict === 'reject' ? 'rejected' : 'cancelled'),
      decided: approval.decision !== null,
      'own-action': verdict === 'approve' && personOf(actor) === personOf(known.requester),
      'not-yours': verdict === 'cancel' && actor !== known.requester,
      'not-held': false,
      'not-now': false,
    }[refusal];
    if (!isSo) this.#wrong('I2', `${known.id}: ${verdict} by ${actor} was refused: ${refusal}`);
  }

  // Whatever decision an answer shows was committed, in that very form.
  #honest(known: Case, { id, decision }: Approval): void {
    if (decision === null) return;
    if (!known.decisions.some((committed) => same(committed, decision))) {
      this.#wrong('I2', `${id}: an answer shows a decision that was not committed`);
    }
  }

  #wrong(invariant: string, message: string): void {
    this.#observer.violate(invariant, message);
  }
}
