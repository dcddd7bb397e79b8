// Whether every part works, in words: for `/readyz`, `!status` and the first lines of `start`.
import type { AppOptions } from './app.ts';
import type { Adapter } from './bus/adapter.ts';
import type { Clock } from './bus/clock.ts';
import { lockdownText } from './interlock/interlock.ts';
import type { Ledger } from './interlock/ledger.ts';
import type { PolicyBook } from './policies/book.ts';
import type { ActionQueue } from './queue/queue.ts';
import type { Store } from './store/open.ts';
import type { Sandbox, SandboxCheck } from './workers/sandbox.ts';

/** How long a tried sandbox is believed, milliseconds: the trial runs a process. */
const SANDBOX_CHECK_MS = 60_000;

export interface StatusParts {
  readonly options: Pick<AppOptions, 'withWorkers'>;
  readonly store: Store;
  readonly queue: ActionQueue;
  readonly book: PolicyBook;
  readonly adapters: readonly Adapter[];
  readonly sandbox: Sandbox;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export interface Status {
  /** What keeps it from working; empty when everything does. */
  notReady(): Promise<readonly string[]>;
  /** One line a part. */
  status(): Promise<readonly string[]>;
}

interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function createStatus(parts: StatusParts): Status {
  const checkSandbox = believedFor(parts.clock, SANDBOX_CHECK_MS, () => parts.sandbox.check());
  const all = () => Promise.all(checks(parts, checkSandbox).map(safely));
  return {
    async notReady() {
      const found = await all();
      return found.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
    },
    async status() {
      const found = await all();
      const lockdown = await parts.ledger.lockdown();
      const live = await parts.ledger.live();
      const count = (state: string) => live.filter((approval) => approval.state === state).length;
      return [
        ...(lockdown === null ? [] : [`LOCKDOWN: ${lockdownText(lockdown)}`]),
        `${count('pending')} pending, ${count('approved')} released, ${count('running')} running`,
        ...found.map(({ name, ok, detail }) => `${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`),
      ];
    },
  };
}

type Check = { readonly name: string; run(): Promise<{ ok: boolean; detail: string }> };

function checks(parts: StatusParts, checkSandbox: () => Promise<SandboxCheck>): Check[] {
  const { store, queue, book, adapters, options } = parts;
  return [
    {
      name: 'store',
      async run() {
        await store.pool.query('select 1');
        return { ok: true, detail: store.detail };
      },
    },
    { name: 'queue', run: () => queue.health() },
    {
      name: 'policies',
      async run() {
        const problem = book.problem();
        const rules = `${book.list().length} rules`;
        return problem === null ? { ok: true, detail: rules } : { ok: false, detail: problem };
      },
    },
    {
      name: 'sandbox',
      run: () =>
        options.withWorkers
          ? checkSandbox()
          : Promise.resolve({ ok: true, detail: 'no workers in this process' }),
    },
    ...adapters.map((adapter) => ({ name: adapter.platform, run: () => adapter.health() })),
  ];
}

async function safely({ name, run }: Check): Promise<PartHealth> {
  try {
    const { ok, detail } = await run();
    return { name, ok, detail };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  }
}

/** The query builder's errors quote the query; what was wrong is the error below them. */
function messageOf(error: unknown): string {
  const told = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return told instanceof Error ? told.message : String(told);
}

function believedFor<T>(clock: Clock, forMs: number, check: () => Promise<T>): () => Promise<T> {
  let last: { at: number; found: Promise<T> } | null = null;
  return () => {
    const now = clock.now();
    if (last === null || now - last.at >= forMs || now < last.at)
      last = { at: now, found: check() };
    return last.found;
  };
}
