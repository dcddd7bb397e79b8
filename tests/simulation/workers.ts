// Simulated workers, in the control plane's process and elsewhere: they take what the queue (or a
// forger) hands them, claim it, beat, finish, die in the middle, and come back late.
import type { Outcome } from '../../src/bus/approval.ts';
import type { ControlPlane } from './process.ts';
import type { World } from './world.ts';

interface Run {
  readonly id: string;
  readonly worker: string;
  /** The control plane it lives in; null for a process of its own. */
  readonly home: ControlPlane | null;
  /** What it will report, always the same. */
  readonly outcome: Outcome;
  /** It stopped beating, and may still come back. */
  silent: boolean;
}

export class Workers {
  readonly #world: World;
  #runs: Run[] = [];
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A job is delivered: a due one, now and then twice or too early, sometimes a forged one. */
  take(): void {
    const { prng, queue, ledger, weather } = this.#world;
    if (prng.chance(0.1)) {
      const forged = prng.pick([...ledger.approvals.keys()]);
      if (forged !== undefined) this.#claim(forged);
      return;
    }
    const id = prng.pick(queue.due());
    if (id === undefined) return;
    if (!prng.chance(weather.deliveredTwice)) queue.jobs.delete(id);
    this.#claim(id);
  }

  /** Every due job is delivered. */
  takeAll(): void {
    for (const id of this.#world.queue.due()) {
      this.#world.queue.jobs.delete(id);
      this.#claim(id);
    }
  }

  #claim(id: string): void {
    const { prng, scheduler, observer } = this.#world;
    const plane = this.#world.plane();
    if (plane === undefined) return;
    this.#count += 1;
    const home = prng.chance(0.5) ? plane : null;
    const worker = home === null ? `remote-${this.#count}` : `${plane.name}/${this.#count}`;
    const exitCode = prng.chance(0.8) ? 0 : 1;
    scheduler.note(`${worker} claims ${id}`);
    plane.runs.claim(id, worker).then(
      (answer) => {
        if (!answer.claimed) return scheduler.note(`${worker} does not get ${id}: ${answer.why}`);
        observer.ran(id, worker, answer.frozen.digest);
        if ((answer.stdin === null) !== (answer.frozen.action.stdinDigest === null)) {
          observer.violate('I3', `${id} runs with another standard input`);
        }
        const outcome = {
          exitCode,
          detail: `exit code ${exitCode}`,
          durationMs: 5,
          omittedBytes: 0,
          unenforced: [],
        };
        this.#runs.push({ id, worker, home, outcome, silent: false });
      },
      (error: unknown) => scheduler.note(`${worker} is told: ${String(error)}`),
    );
  }

  /** A worker goes on with what it has: beats, finishes, or reports late what it had lost. */
  goOn(): void {
    const run = this.#world.prng.pick(this.#runs);
    if (run === undefined) return;
    if (run.silent ? this.#world.prng.chance(0.3) : this.#world.prng.chance(0.5)) this.#finish(run);
    else if (!run.silent) this.#beat(run);
  }

  finishAll(): void {
    for (const run of this.#runs.filter(({ silent }) => !silent)) this.#finish(run);
  }

  #beat(run: Run): void {
    const plane = run.home ?? this.#world.plane();
    if (plane === undefined) return;
    plane.runs.heartbeat(run.id, run.worker).then(
      (mine) => {
        if (mine || run.silent) return;
        // Not its own any more: it must stop, and nobody hears of it again.
        this.#runs = this.#runs.filter((other) => other !== run);
        const row = this.#world.ledger.approvals.get(run.id);
        if (row?.state === 'running' && row.worker === run.worker) {
          this.#world.observer.violate('I8', `${run.worker} lost ${run.id}, which it still holds`);
        }
      },
      () => undefined,
    );
  }

  #finish(run: Run): void {
    const plane = run.home ?? this.#world.plane();
    if (plane === undefined) return;
    plane.runs.finish(run.id, run.worker, run.outcome, []).then(
      () => {
        this.#runs = this.#runs.filter((other) => other !== run);
        const state = this.#world.ledger.approvals.get(run.id)?.state;
        const ended = run.outcome.exitCode === 0 ? 'succeeded' : 'failed';
        if (state !== ended && state !== 'unknown') {
          this.#world.observer.violate('I8', `${run.id} finished (${ended}) and is ${state}`);
        }
      },
      // It tries again later.
      () => undefined,
    );
  }

  /** One falls silent: its process hangs, or its network does. */
  die(): void {
    const run = this.#world.prng.pick(this.#runs);
    if (run !== undefined) run.silent = true;
  }

  /** A control plane died, and with it the workers in its process. */
  lost(plane: ControlPlane): void {
    this.#runs = this.#runs.filter(({ home }) => home !== plane);
  }
}
