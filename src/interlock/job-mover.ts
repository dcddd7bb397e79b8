// Keeps the queue in step with what was committed: adds, releases and removes jobs in the order of
// the commits, in the background. A queue that fails loses nothing: the sweep puts it right.
import type { Approval } from '../bus/approval.ts';
import type { ActionQueue } from '../queue/queue.ts';
import type { Transition } from './view.ts';

/** What the newest commits want of one job. */
type Wish =
  | { readonly kind: 'add'; readonly dueAtMs: number | null }
  | { readonly kind: 'release' | 'remove' };

export class JobMover {
  readonly #queue: ActionQueue;
  readonly #failed: (error: unknown) => void;
  #wishes = new Map<string, Wish>();
  #moving: Promise<void> | null = null;

  constructor(queue: ActionQueue, failed: (error: unknown) => void) {
    this.#queue = queue;
    this.#failed = failed;
  }

  follow(transitions: readonly Transition[]): void {
    for (const { after, followUps, inserted } of transitions) {
      const earlier = this.#wishes.get(after.id);
      const wish = wishOf(after, inserted, followUps, earlier);
      if (wish === null) continue;
      this.#wishes.delete(after.id);
      this.#wishes.set(after.id, wish);
    }
    if (this.#wishes.size > 0 && this.#moving === null) {
      this.#moving = this.#move();
    }
  }

  /** Resolves when everything wished so far was tried. */
  async settled(): Promise<void> {
    while (this.#moving !== null) await this.#moving;
  }

  async #move(): Promise<void> {
    // A queue that throws at once must not be done before `#moving` is set.
    await Promise.resolve();
    while (this.#wishes.size > 0) {
      const wishes = this.#wishes;
      this.#wishes = new Map();
      const added = [];
      const released = [];
      const removed = [];
      for (const [id, wish] of wishes) {
        if (wish.kind === 'add') added.push({ id, dueAtMs: wish.dueAtMs });
        else if (wish.kind === 'release') released.push(id);
        else removed.push(id);
      }
      try {
        if (added.length > 0) await this.#queue.add(added);
        if (released.length > 0) await this.#queue.release(released);
        if (removed.length > 0) await this.#queue.remove(removed);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#moving = null;
  }
}

function wishOf(
  after: Approval,
  inserted: boolean,
  followUps: Transition['followUps'],
  earlier: Wish | undefined,
): Wish | null {
  if (inserted && after.state === 'pending') return { kind: 'add', dueAtMs: after.expiresAt };
  if (inserted && after.state === 'approved') return { kind: 'add', dueAtMs: null };
  // Added and released before the queue heard of either: one step does both.
  if (followUps.includes('release')) {
    return earlier?.kind === 'add' ? { kind: 'add', dueAtMs: null } : { kind: 'release' };
  }
  return followUps.includes('drop-job') ? { kind: 'remove' } : null;
}
