// The worker: takes a due job, claims it, runs it in the sandbox and tells what happened. It knows
// the queue, the claims and the sandbox as ports, so it is the same in process and far away. It
// never decides anything, never runs twice what it claimed, and never runs what it did not claim.
import { type FrozenAction, thawAction } from '../bus/action.ts';
import type { ClaimAnswer, Claims, Outcome, OutputChunk } from '../bus/approval.ts';
import type { Clock } from '../bus/clock.ts';
import type { ActionQueue } from '../queue/queue.ts';
import { type Heart, startHeartbeat } from './heartbeat.ts';
import { outcomeOfExit, outcomeOfFailure } from './outcome.ts';
import { createOutputKeeper } from './output-keeper.ts';
import { type Limits, type Sandbox, SandboxRefused } from './sandbox.ts';
import { Slots } from './slots.ts';

export interface WorkerOptions {
  /** Unique among all workers, e.g. `host:pid`. */
  readonly name: string;
  readonly queue: ActionQueue;
  readonly claims: Claims;
  readonly sandbox: Sandbox;
  readonly limits: Limits;
  /** Runs at once; the sandbox needs as many slots. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** How long `stop` waits for runs under way before it stops them. Default 10 s. */
  readonly stopGraceMs?: number;
}

export interface Worker {
  /** Takes nothing new; waits for what is running, stops it after the grace; then resolves. */
  stop(): Promise<void>;
  /** Ids of the approvals that run here now. */
  running(): readonly string[];
}

const STOP_GRACE_MS = 10_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** After the grace of `stop`, how long an unreachable control plane still gets to hear of a run. */
const LAST_WORD_MS = 15_000;

/** Why a run was stopped from here. */
type StopReason = 'lost' | 'asked' | 'worker-stopped';

const WORDS = {
  lost: 'the control plane took it away',
  asked: 'its requester stopped it',
  'worker-stopped': 'the worker was shut down',
  nobody: null,
} as const;

type RunResult = { readonly outcome: Outcome; readonly kept: readonly OutputChunk[] };
type Claimed = Extract<ClaimAnswer, { claimed: true }>;

/** Starts taking jobs. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const runs = new Runs(options);
  const consumer = await options.queue.consume(async (id) => runs.take(id), {
    concurrency: options.concurrency,
  });
  const graceMs = options.stopGraceMs ?? STOP_GRACE_MS;
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const cancelStop = options.clock.after(graceMs, () => runs.stopAll());
    const cancelLast = options.clock.after(graceMs + LAST_WORD_MS, () => runs.giveUp());
    try {
      await consumer.close();
    } finally {
      cancelStop();
      cancelLast();
    }
  };
  return {
    running: () => runs.ids(),
    async stop() {
      stopped ??= stop();
      await stopped;
    },
  };
}

/** The runs under way. */
class Runs {
  readonly #options: WorkerOptions;
  readonly #slots: Slots;
  readonly #stops = new Map<string, (reason: StopReason) => void>();
  readonly #retries = new Set<() => void>();
  #stopping = false;
  #givingUp = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency);
  }

  ids(): readonly string[] {
    return [...this.#stops.keys()];
  }

  /** Ends every run, also those that are only now being claimed. */
  stopAll(): void {
    this.#stopping = true;
    for (const stop of this.#stops.values()) stop('worker-stopped');
  }

  /** No more waiting for a control plane that does not answer. */
  giveUp(): void {
    this.#givingUp = true;
    for (const wake of this.#retries) wake();
  }

  /** One job. Never rejects: the queue has nothing to do with what went wrong here. */
  async take(id: string): Promise<void> {
    const { claims, name, log } = this.#options;
    const slot = await this.#slots.take();
    try {
      const answer = await claims.claim(id, name);
      if (answer.claimed) await this.#execute(id, answer, slot);
      else log(`${id} is not for this worker: ${answer.why}`);
    } catch (error) {
      // The store knows: an approval that nobody claimed is put back, a claimed one is watched.
      log(`${id} could not be run: ${messageOf(error)}`);
    } finally {
      this.#slots.give(slot);
    }
  }

  async #execute(id: string, claimed: Claimed, slot: number): Promise<void> {
    const { claims, clock, log, name } = this.#options;
    const controller = new AbortController();
    let reason: StopReason | null = null;
    const stop = (why: StopReason) => {
      reason ??= why;
      controller.abort();
    };
    this.#stops.set(id, stop);
    if (this.#stopping) stop('worker-stopped');
    const heart = startHeartbeat({
      beat: async () => claims.heartbeat(id, name),
      everyMs: claimed.heartbeatMs,
      clock,
      onLost: () => stop('lost'),
      onError: (error) => log(`${id}: no answer to a heartbeat: ${messageOf(error)}`),
    });
    const unwatch = claims.onStop(id, () => stop('asked'));
    try {
      const result = await this.#run(id, claimed, slot, controller.signal, () => reason);
      if (heart.lost()) {
        log(`${id} is no longer this worker's: it was stopped and its outcome is not reported`);
      } else {
        await this.#report(id, result, heart);
      }
    } finally {
      unwatch();
      heart.stop();
      this.#stops.delete(id);
    }
  }

  async #run(
    id: string,
    claimed: Claimed,
    slot: number,
    signal: AbortSignal,
    reason: () => StopReason | null,
  ): Promise<RunResult> {
    const { limits, sandbox, log } = this.#options;
    const keeper = createOutputKeeper(limits.outputBytes);
    let outcome: Outcome | null = null;
    let started = false;
    try {
      const frozen = verified(claimed.frozen);
      const { stdin } = claimed;
      // The action was frozen with its directory: nothing that was not shown widens the view.
      const workspace = frozen.action.cwd;
      const request = { frozen, workspace, limits, slot, stdin, name: id };
      for await (const event of sandbox.run(request, signal)) {
        started = true;
        if (event.type === 'output') this.#show(id, keeper.add(event.stream, event.bytes));
        else outcome = outcomeOfExit(event, limits, WORDS[reason() ?? 'nobody']);
      }
      if (outcome === null) throw new Error('the sandbox ended without saying how');
    } catch (error) {
      log(`${id}: ${messageOf(error)}`);
      outcome = outcomeOfFailure(error, started);
    }
    const { kept, rest, omittedBytes } = keeper.finish();
    this.#show(id, rest);
    return { outcome: { ...outcome, omittedBytes }, kept };
  }

  /** For those who watch; their trouble is not the run's. */
  #show(id: string, chunks: readonly OutputChunk[]): void {
    const { claims, name, log } = this.#options;
    try {
      for (const chunk of chunks) claims.progress(id, name, chunk);
    } catch (error) {
      log(`${id}: its output could not be shown: ${messageOf(error)}`);
    }
  }

  /** Until it is accepted, or the run is no longer ours, or the worker has to go. */
  async #report(id: string, { outcome, kept }: RunResult, heart: Heart): Promise<void> {
    const { claims, name, log } = this.#options;
    let delayMs = FIRST_RETRY_MS;
    for (;;) {
      try {
        await claims.finish(id, name, outcome, kept);
        return;
      } catch (error) {
        log(`${id}: its outcome (${outcome.detail}) was not taken: ${messageOf(error)}`);
      }
      if (heart.lost() || this.#givingUp) {
        log(`${id}: nobody takes its outcome any more: ${outcome.detail}`);
        return;
      }
      await this.#pause(delayMs);
      delayMs = Math.min(delayMs * 2, LONGEST_RETRY_MS);
    }
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#retries.delete(wake);
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, wake);
      this.#retries.add(wake);
      if (this.#givingUp) wake();
    });
  }
}

/** What runs comes from the digested bytes, not from what came along with them (I3). */
function verified({ canonical, digest }: FrozenAction): FrozenAction {
  try {
    return thawAction(canonical, digest);
  } catch (error) {
    throw new SandboxRefused(messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
