// The worker against its ports: a queue and a control plane of this file's own, each the smallest
// that keeps its port's promises, and sandboxes that do what a test says. worker-real.test.ts has
// the real sandbox.
import { describe, expect, it } from 'vitest';
import { type Action, type FrozenAction, freezeAction } from '../../src/bus/action.ts';
import type { ClaimAnswer, Claims, Outcome, OutputChunk } from '../../src/bus/approval.ts';
import { type Clock, systemClock } from '../../src/bus/clock.ts';
import type { ActionQueue, TakeJob } from '../../src/queue/queue.ts';
import {
  DEFAULT_LIMITS,
  type Sandbox,
  type SandboxEvent,
  SandboxRefused,
  type SandboxRequest,
} from '../../src/workers/sandbox.ts';
import { startWorker, type WorkerOptions } from '../../src/workers/worker.ts';

const action: Action = {
  kind: 'exec',
  argv: ['true'],
  cwd: '/w',
  env: {},
  stdinDigest: null,
  sandbox: 'moderate',
};

/** A queue that hands a job over when told to, as often as told to. */
class HandQueue implements ActionQueue {
  readonly engine = 'postgres';
  #take: TakeJob | null = null;
  readonly #underWay = new Set<Promise<void>>();

  /** Settles when the worker is done with it, as a queue sees it. */
  async deliver(id: string): Promise<void> {
    if (this.#take === null) throw new Error('nobody consumes');
    const taken = this.#take(id);
    this.#underWay.add(taken);
    try {
      await taken;
    } finally {
      this.#underWay.delete(taken);
    }
  }

  async consume(take: TakeJob) {
    this.#take = take;
    return {
      close: async () => {
        this.#take = null;
        await Promise.all(this.#underWay);
      },
    };
  }

  async add() {}
  async release() {}
  async remove() {}
  async rebuild() {}
  async reconcile() {
    return 0;
  }
  async health() {
    return { ok: true, detail: '' };
  }
  async close() {}
}

/** A control plane with approvals to claim, each once. */
class Desk implements Claims {
  readonly approved = new Map<string, FrozenAction>();
  readonly beats: string[] = [];
  readonly progressed: OutputChunk[] = [];
  readonly finished: { id: string; outcome: Outcome; kept: readonly OutputChunk[] }[] = [];
  heartbeatMs = 10_000;
  isOurs = true;
  /** Errors to answer with, first to last, before it works again. */
  finishFailures: string[] = [];
  heartbeatFails = false;
  askToStop: () => void = () => undefined;

  async claim(id: string): Promise<ClaimAnswer> {
    const frozen = this.approved.get(id);
    if (frozen === undefined) return { claimed: false, why: 'it is not approved' };
    this.approved.delete(id);
    const { heartbeatMs } = this;
    return { claimed: true, frozen, stdin: null, heartbeatMs };
  }
  progress(_id: string, _worker: string, chunk: OutputChunk) {
    this.progressed.push(chunk);
  }
  async heartbeat(id: string) {
    this.beats.push(id);
    if (this.heartbeatFails) throw new Error('the store is away');
    return this.isOurs;
  }
  onStop(_id: string, stop: () => void) {
    this.askToStop = stop;
    return () => {
      this.askToStop = () => undefined;
    };
  }
  async finish(id: string, _worker: string, outcome: Outcome, kept: readonly OutputChunk[]) {
    const failure = this.finishFailures.shift();
    if (failure !== undefined) throw new Error(failure);
    this.finished.push({ id, outcome, kept });
  }
}

/** A sandbox that does what `run` does. */
function sandboxOf(
  run: (request: SandboxRequest, signal: AbortSignal) => AsyncIterable<SandboxEvent>,
): Sandbox {
  return {
    name: 'scripted',
    check: async () => ({ ok: true, detail: '', unenforced: [] }),
    run,
  };
}

const exit: SandboxEvent = {
  type: 'exit',
  exitCode: 0,
  ended: 'exited',
  signal: null,
  durationMs: 5,
  unenforced: [],
};

const output = (text: string): SandboxEvent => ({
  type: 'output',
  stream: 'stdout',
  bytes: Buffer.from(text),
});

/** A promise and what resolves it (Promise.withResolvers is not in Node 20). */
function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

/** The machine's clock, and how many of its timers are still to come. */
function countingClock(): { clock: Clock; pending: () => number } {
  let pending = 0;
  const clock: Clock = {
    now: systemClock.now,
    after(delayMs, run) {
      let isPending = true;
      pending += 1;
      const settle = () => {
        if (isPending) pending -= 1;
        isPending = false;
      };
      const cancel = systemClock.after(delayMs, () => {
        settle();
        run();
      });
      return () => {
        settle();
        cancel();
      };
    },
  };
  return { clock, pending: () => pending };
}

/** Runs until it is aborted; tells when it started. */
function endless() {
  const started = gate();
  const sandbox = sandboxOf(async function* (_, signal) {
    started.resolve();
    yield output('working\n');
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve());
    });
    yield { ...exit, exitCode: 143, ended: 'cancelled', signal: 'SIGTERM' };
  });
  return { sandbox, started: started.promise };
}

async function openWorker(sandbox: Sandbox, more: Partial<WorkerOptions> = {}) {
  const queue = new HandQueue();
  const desk = new Desk();
  const lines: string[] = [];
  const worker = await startWorker({
    name: 'test:1',
    queue,
    claims: desk,
    sandbox,
    limits: DEFAULT_LIMITS,
    concurrency: 2,
    clock: systemClock,
    log: (line) => lines.push(line),
    ...more,
  });
  const approve = (id: string) => desk.approved.set(id, freezeAction(action));
  return { queue, desk, worker, lines, approve };
}

const readable = (chunks: readonly OutputChunk[]) =>
  chunks.map(({ stream, base64 }) => [stream, Buffer.from(base64, 'base64').toString('utf8')]);

describe('the worker', () => {
  it('claims, runs and reports; what watchers saw is what is kept', async () => {
    const requests: SandboxRequest[] = [];
    const sandbox = sandboxOf(async function* (request) {
      requests.push(request);
      yield output('hel');
      yield output('lo\n');
      yield { ...exit, exitCode: 7, durationMs: 12, unenforced: ['CPU share'] };
    });
    const { queue, desk, worker, approve } = await openWorker(sandbox);
    approve('A0001');
    await queue.deliver('A0001');
    expect(desk.finished.map(({ kept, ...rest }) => ({ ...rest, kept: readable(kept) }))).toEqual([
      {
        id: 'A0001',
        outcome: {
          exitCode: 7,
          detail: 'exit code 7',
          durationMs: 12,
          omittedBytes: 0,
          unenforced: ['CPU share'],
        },
        kept: [['stdout', 'hello\n']],
      },
    ]);
    expect(
      readable(desk.progressed)
        .map(([, text]) => text)
        .join(''),
    ).toBe('hello\n');
    expect(requests).toEqual([
      {
        frozen: freezeAction(action),
        workspace: '/w',
        limits: DEFAULT_LIMITS,
        slot: 0,
        stdin: null,
        name: 'A0001',
      },
    ]);
    expect(worker.running()).toEqual([]);
    await worker.stop();
  });

  it('runs nothing that it did not claim, however often the job comes', async () => {
    let runs = 0;
    const sandbox = sandboxOf(async function* () {
      runs += 1;
      yield exit;
    });
    const { queue, desk, worker, approve } = await openWorker(sandbox);
    approve('A0001');
    await Promise.all(['A0001', 'A0001', 'B0002', 'A0001'].map(async (id) => queue.deliver(id)));
    expect({ runs, finished: desk.finished.map(({ id }) => id) }).toEqual({
      runs: 1,
      finished: ['A0001'],
    });
    await worker.stop();
  });

  it('runs nothing whose bytes are not the ones that were digested', async () => {
    let runs = 0;
    const sandbox = sandboxOf(async function* () {
      runs += 1;
      yield exit;
    });
    const { queue, desk, worker } = await openWorker(sandbox);
    const frozen = freezeAction(action);
    const changed = frozen.canonical.replace('"true"', '"evil"');
    desk.approved.set('A0001', { ...frozen, canonical: changed });
    await queue.deliver('A0001');
    expect(runs).toBe(0);
    expect(desk.finished.map(({ outcome }) => outcome)).toEqual([
      {
        exitCode: 126,
        detail: expect.stringContaining('does not match its digest'),
        durationMs: 0,
        omittedBytes: 0,
        unenforced: [],
      },
    ]);
    await worker.stop();
  });

  it('runs the digested bytes, whatever came along with them', async () => {
    const ran: Action[] = [];
    const sandbox = sandboxOf(async function* (request) {
      ran.push(request.frozen.action);
      yield exit;
    });
    const { queue, desk, worker } = await openWorker(sandbox);
    const other = { ...action, argv: ['evil'] };
    desk.approved.set('A0001', { ...freezeAction(action), action: other });
    await queue.deliver('A0001');
    expect(ran).toEqual([action]);
    await worker.stop();
  });

  it.each([
    [new SandboxRefused('bwrap not found'), 126, 'not run: bwrap not found', 0],
    [new Error('boom'), null, 'the worker failed as it started: boom', null],
  ] as const)(
    'tells what kept it from running: %s',
    async (error, exitCode, detail, durationMs) => {
      const sandbox = sandboxOf(async function* () {
        yield* [];
        throw error;
      });
      const { queue, desk, worker, approve } = await openWorker(sandbox);
      approve('A0001');
      await queue.deliver('A0001');
      expect(desk.finished).toEqual([
        {
          id: 'A0001',
          outcome: { exitCode, detail, durationMs, omittedBytes: 0, unenforced: [] },
          kept: [],
        },
      ]);
      await worker.stop();
    },
  );

  it.each([
    [{ ended: 'timeout', exitCode: 143, signal: 'SIGTERM' }, 'stopped after 300 s: the time limit'],
    [
      { ended: 'out-of-memory', exitCode: 137, signal: 'SIGKILL' },
      'killed: it needed more than 1024 MiB of memory in all',
    ],
    [{ ended: 'signalled', exitCode: 139, signal: 'SIGSEGV' }, 'ended by SIGSEGV (exit code 139)'],
  ] as const)('says how it ended: %j', async (part, detail) => {
    const sandbox = sandboxOf(async function* () {
      yield { ...exit, ...part };
    });
    const { queue, desk, worker, approve } = await openWorker(sandbox);
    approve('A0001');
    await queue.deliver('A0001');
    expect(desk.finished.map(({ outcome }) => [outcome.exitCode, outcome.detail])).toEqual([
      [part.exitCode, detail],
    ]);
    await worker.stop();
  });

  it('cuts what is too much, and says how much', async () => {
    const sandbox = sandboxOf(async function* () {
      for (let index = 0; index < 10; index += 1) yield output(`${index}`.repeat(10));
      yield exit;
    });
    const limits = { ...DEFAULT_LIMITS, outputBytes: 20 };
    const { queue, desk, worker, approve } = await openWorker(sandbox, { limits });
    approve('A0001');
    await queue.deliver('A0001');
    const kept = [
      ['stdout', '0000000000'],
      ['notice', '\n… 80 bytes cut out …\n'],
      ['stdout', '9999999999'],
    ];
    expect(desk.finished.map((run) => [readable(run.kept), run.outcome.omittedBytes])).toEqual([
      [kept, 80],
    ]);
    expect(readable(desk.progressed)).toEqual(kept);
    await worker.stop();
  });

  it('gives every run a slot of its own and takes it back', async () => {
    const slots: number[] = [];
    const gates = [1, 2, 3].map(() => gate());
    const sandbox = sandboxOf(async function* (request) {
      slots.push(request.slot);
      await gates[slots.length - 1]?.promise;
      yield exit;
    });
    const { queue, worker, approve } = await openWorker(sandbox);
    for (const id of ['A0001', 'A0002', 'A0003']) approve(id);
    const runs = ['A0001', 'A0002', 'A0003'].map(async (id) => queue.deliver(id));
    await expect.poll(() => worker.running()).toEqual(['A0001', 'A0002']);
    gates[1]?.resolve();
    await expect.poll(() => worker.running()).toEqual(['A0001', 'A0003']);
    gates[0]?.resolve();
    gates[2]?.resolve();
    await Promise.all(runs);
    expect(slots).toEqual([0, 1, 1]);
    await worker.stop();
  });

  it('beats while it runs, and not after', async () => {
    const { sandbox, started } = endless();
    const { clock, pending } = countingClock();
    const { queue, desk, worker, approve } = await openWorker(sandbox, { stopGraceMs: 0, clock });
    desk.heartbeatMs = 5;
    approve('A0001');
    const run = queue.deliver('A0001');
    await started;
    await expect.poll(() => desk.beats.length).toBeGreaterThan(3);
    await worker.stop();
    await run;
    expect(pending()).toBe(0);
    expect(new Set(desk.beats)).toEqual(new Set(['A0001']));
  });

  it('stops a run that is no longer its own, and reports nothing of it', async () => {
    const { sandbox, started } = endless();
    const { queue, desk, worker, lines, approve } = await openWorker(sandbox);
    desk.heartbeatMs = 5;
    approve('A0001');
    const run = queue.deliver('A0001');
    await started;
    desk.isOurs = false;
    await run;
    expect(desk.finished).toEqual([]);
    expect(lines).toEqual([expect.stringContaining('A0001 is no longer this worker')]);
    await worker.stop();
  });

  // Taken for lost, it was reported by nobody, and its requester was told that nobody knows.
  it('stops a run at once when its requester asks, and reports how it ended', async () => {
    const { sandbox, started } = endless();
    const { queue, desk, worker, approve } = await openWorker(sandbox);
    approve('A0001');
    const run = queue.deliver('A0001');
    await started;
    desk.askToStop();
    await run;
    expect(desk.finished.map(({ id, outcome }) => [id, outcome.detail])).toEqual([
      ['A0001', 'stopped: its requester stopped it'],
    ]);
    await worker.stop();
  });

  it('goes on when a heartbeat has no answer', async () => {
    const { sandbox, started } = endless();
    const { queue, desk, worker, approve } = await openWorker(sandbox, { stopGraceMs: 0 });
    desk.heartbeatMs = 5;
    desk.heartbeatFails = true;
    approve('A0001');
    const run = queue.deliver('A0001');
    await started;
    await expect.poll(() => desk.beats.length).toBeGreaterThan(3);
    expect(worker.running()).toEqual(['A0001']);
    await worker.stop();
    await run;
    expect(desk.finished.map(({ outcome }) => outcome.detail)).toEqual([
      'stopped: the worker was shut down',
    ]);
  });

  it('tells the outcome again until it is taken', async () => {
    const sandbox = sandboxOf(async function* () {
      yield exit;
    });
    const { queue, desk, worker, lines, approve } = await openWorker(sandbox);
    desk.finishFailures = ['the store is away', 'the store is away'];
    approve('A0001');
    await queue.deliver('A0001');
    expect(desk.finished.map(({ id, outcome }) => [id, outcome.detail])).toEqual([
      ['A0001', 'exit code 0'],
    ]);
    expect(lines.length).toBe(2);
    await worker.stop();
  });

  it('gives an outcome up when the run is not its own any more', async () => {
    const sandbox = sandboxOf(async function* () {
      yield exit;
    });
    const { queue, desk, worker, lines, approve } = await openWorker(sandbox);
    desk.heartbeatMs = 5;
    desk.isOurs = false;
    desk.finishFailures = Array.from({ length: 100 }, () => 'the lease has lapsed');
    approve('A0001');
    await queue.deliver('A0001');
    expect(desk.finished).toEqual([]);
    expect(lines.at(-1)).toContain('nobody takes its outcome');
    await worker.stop();
  });

  it('never lets the queue see a failure', async () => {
    const { queue, desk, worker, lines } = await openWorker(endless().sandbox);
    desk.claim = async () => {
      throw new Error('the store is away');
    };
    await expect(queue.deliver('A0001')).resolves.toBeUndefined();
    expect(lines).toEqual(['A0001 could not be run: the store is away']);
    await worker.stop();
  });

  it('waits for what is running when it is stopped, then stops it', async () => {
    const quick = gate();
    const patient = sandboxOf(async function* () {
      await quick.promise;
      yield exit;
    });
    const first = await openWorker(patient);
    first.approve('A0001');
    const run = first.queue.deliver('A0001');
    await expect.poll(() => first.worker.running()).toEqual(['A0001']);
    const stopping = first.worker.stop();
    await expect(first.queue.deliver('A0002')).rejects.toThrow('nobody consumes');
    quick.resolve();
    await Promise.all([stopping, run]);
    expect(first.desk.finished.map(({ outcome }) => outcome.detail)).toEqual(['exit code 0']);

    const { sandbox, started } = endless();
    const second = await openWorker(sandbox, { stopGraceMs: 10 });
    second.approve('A0001');
    const longRun = second.queue.deliver('A0001');
    await started;
    await second.worker.stop();
    await longRun;
    expect(second.desk.finished.map(({ outcome }) => [outcome.exitCode, outcome.detail])).toEqual([
      [143, 'stopped: the worker was shut down'],
    ]);
  });
});
