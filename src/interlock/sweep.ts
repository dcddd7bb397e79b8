// Time and repair: expires what is overdue, gives up runs whose lease has lapsed, ends grants, and
// puts back the jobs that the store says should exist. Runs at start, every minute, and at the next
// deadline.
import type { ExpectedJob } from '../queue/queue.ts';
import { apply } from './consequences.ts';
import type { Interlock } from './interlock.ts';
import type { LiveApproval } from './ledger.ts';
import type { Event } from './machine.ts';

const SWEEP_EVERY_MS = 60_000;
/** After a deadline, so that the clock has surely passed it. */
const AFTER_DEADLINE_MS = 5;
const BATCH = 100;

export class Sweeper {
  readonly #interlock: Interlock;
  #cancelMinute: () => void = () => undefined;
  #cancelDeadline: () => void = () => undefined;
  #due = Number.POSITIVE_INFINITY;
  /**
   * Deadlines up to here were tried. What is left of them waits for the minute, not for no time.
   */
  #triedUntil = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(interlock: Interlock) {
    this.#interlock = interlock;
  }

  /**
   * The first sweep: gives up runs of in-process workers of an earlier process (`isGone`), expires
   * the overdue, and fills the queue with exactly what should be in it.
   */
  async start(isGone: (worker: string) => boolean): Promise<void> {
    const { ledger, queue } = this.#interlock.ports;
    const gone = (await ledger.live()).filter(
      ({ state, worker }) => state === 'running' && worker !== null && isGone(worker),
    );
    await this.#step(gone, {
      type: 'lapse',
      detail: 'the control plane that ran it was stopped or killed in the middle',
    });
    await this.#deadlines(await ledger.live());
    await this.#interlock.jobs.settled();
    const live = await ledger.live();
    await queue.rebuild(expectedJobs(live));
    this.#interlock.afterCommit = (transitions) => {
      for (const { after } of transitions) {
        if (after.state === 'pending' || after.state === 'approved') this.#arm(after.expiresAt);
        else if (after.leaseUntil !== null) this.#arm(after.leaseUntil);
      }
    };
    this.#schedule(live);
  }

  /** One sweep now. Errors are logged; the next one tries again. */
  async sweep(): Promise<void> {
    const { ledger, queue, log } = this.#interlock.ports;
    try {
      await this.#deadlines(await ledger.live());
      await this.#interlock.endGrants();
      await this.#interlock.jobs.settled();
      const mended = await queue.reconcile(expectedJobs(await ledger.live()));
      if (mended > 0) log(`the queue had lost ${mended} of its jobs; they are back`);
    } catch (error) {
      log('a sweep failed; it is tried again within a minute', error);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelMinute();
    this.#cancelDeadline();
    await this.#running;
  }

  async #deadlines(live: readonly LiveApproval[]): Promise<void> {
    const now = this.#interlock.ports.clock.now();
    this.#triedUntil = now;
    const overdue = live.filter(({ state, expiresAt }) => state !== 'running' && now >= expiresAt);
    await this.#step(overdue, { type: 'expire' });
    const lapsed = live.filter(
      ({ state, leaseUntil }) => state === 'running' && leaseUntil !== null && now >= leaseUntil,
    );
    await this.#step(
      lapsed,
      { type: 'lapse', detail: 'its worker has not been heard of' },
      // The lease may have been renewed since it was read.
      (leaseUntil) => leaseUntil !== null && this.#interlock.ports.clock.now() >= leaseUntil,
    );
  }

  async #step(
    live: readonly LiveApproval[],
    event: Event,
    still: (leaseUntil: number | null) => boolean = () => true,
  ): Promise<void> {
    const { committer, ports, changes } = this.#interlock;
    for (let from = 0; from < live.length; from += BATCH) {
      const steps = live.slice(from, from + BATCH).map(({ id }) =>
        committer.commit({
          reads: { ids: [id], keys: [] },
          run: (view) => {
            const before = view.get(id);
            if (before === undefined || !still(before.leaseUntil)) return;
            const result = apply(view, before, event, ports.clock.now(), ports.setting);
            // Of a lost run, what it said so far is all that people have to go by.
            const said = result.ok && event.type === 'lapse' ? changes.liveOutput(id) : [];
            if (said.length > 0) view.keepOutput(id, [...said]);
          },
        }),
      );
      // One that cannot be moved on must not keep all others where they are.
      for (const [index, result] of (await Promise.allSettled(steps)).entries()) {
        if (result.status === 'fulfilled') continue;
        ports.log(`${live[from + index]?.id}: the sweep cannot ${event.type} it`, result.reason);
      }
    }
  }

  // The minute has a timer of its own: a deadline reckoned on a clock that was set back since would
  // otherwise put the next sweep off.
  #schedule(live: readonly LiveApproval[]): void {
    if (this.#stopped) return;
    this.#cancelMinute();
    const { clock } = this.#interlock.ports;
    this.#cancelMinute = clock.after(SWEEP_EVERY_MS, () => this.#wake());
    for (const { state, expiresAt, leaseUntil } of live) {
      const deadline = state === 'running' ? (leaseUntil ?? expiresAt) : expiresAt;
      if (deadline > this.#triedUntil) this.#arm(deadline);
    }
  }

  #arm(atMs: number): void {
    if (this.#stopped || atMs >= this.#due) return;
    this.#due = atMs;
    this.#cancelDeadline();
    const { clock } = this.#interlock.ports;
    const delayMs = atMs - clock.now() + AFTER_DEADLINE_MS;
    this.#cancelDeadline = clock.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    this.#cancelDeadline();
    this.#due = Number.POSITIVE_INFINITY;
    this.#running ??= this.#tick().finally(() => {
      this.#running = null;
    });
  }

  async #tick(): Promise<void> {
    await this.sweep();
    if (this.#stopped) return;
    try {
      this.#schedule(await this.#interlock.ports.ledger.live());
    } catch {
      this.#schedule([]);
    }
  }
}

function expectedJobs(live: readonly LiveApproval[]): ExpectedJob[] {
  return live
    .filter(({ state }) => state !== 'running')
    .map(({ id, state, expiresAt }) => ({
      id,
      dueAtMs: state === 'pending' ? expiresAt : null,
    }));
}
