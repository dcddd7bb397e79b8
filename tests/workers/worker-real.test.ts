// The worker with the real sandbox: from a due job to the outcome, and an output of 4 GB.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freezeAction, sha256Hex } from '../../src/bus/action.ts';
import type { Claims, Outcome, OutputChunk } from '../../src/bus/approval.ts';
import { systemClock } from '../../src/bus/clock.ts';
import type { ActionQueue, TakeJob } from '../../src/queue/queue.ts';
import { DEFAULT_LIMITS } from '../../src/workers/sandbox.ts';
import { startWorker } from '../../src/workers/worker.ts';
import { needBubblewrap, openForTest } from './sandbox-services.ts';

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-worker-')));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs one approved line through a worker; whole, as the control plane would have it. */
async function work(command: string, stdin: Uint8Array | null) {
  const { sandbox, lines } = await openForTest(folder);
  const workspace = join(folder, 'workspace');
  const stdinDigest = stdin === null ? null : sha256Hex(stdin);
  const frame = { cwd: workspace, env: {}, stdinDigest, sandbox: 'moderate' } as const;
  const frozen = freezeAction({ kind: 'shell', command, ...frame });
  let take: TakeJob = async () => {};
  const queue = {
    consume: async (taker: TakeJob) => {
      take = taker;
      return { close: async () => {} };
    },
  } as unknown as ActionQueue;
  const finished: { outcome: Outcome; kept: readonly OutputChunk[] }[] = [];
  let progressBytes = 0;
  const claims: Claims = {
    claim: async () => ({ claimed: true, frozen, stdin, heartbeatMs: 1000 }),
    progress: (_id, _worker, chunk) => {
      progressBytes += Buffer.from(chunk.base64, 'base64').length;
    },
    heartbeat: async () => true,
    onStop: () => () => undefined,
    finish: async (_id, _worker, outcome, kept) => {
      finished.push({ outcome, kept });
    },
  };
  const worker = await startWorker({
    name: 'test:1',
    queue,
    claims,
    sandbox,
    limits: { ...DEFAULT_LIMITS, wallMs: 100_000 },
    concurrency: 1,
    clock: systemClock,
    log: (line) => lines.push(line),
  });
  await take('K7Q2M');
  await worker.stop();
  return { finished, progressBytes, lines };
}

needBubblewrap(() => {
  describe('the worker with bubblewrap', () => {
    it('runs what it claimed and reports it', async () => {
      const { finished, lines } = await work('cat; echo err >&2; exit 7', Buffer.from('given\n'));
      expect(lines).toEqual([]);
      expect(finished.map(({ outcome }) => [outcome.exitCode, outcome.detail])).toEqual([
        [7, 'exit code 7'],
      ]);
      const kept = finished.flatMap((run) => run.kept);
      const of = (stream: string) =>
        kept
          .filter((chunk) => chunk.stream === stream)
          .map(({ base64 }) => Buffer.from(base64, 'base64').toString())
          .join('');
      expect([of('stdout'), of('stderr'), of('notice')]).toEqual(['given\n', 'err\n', '']);
    });

    it('keeps 1 MiB of 4 GB, names the rest, and needs no more memory for it', async () => {
      const before = process.memoryUsage().rss;
      let highest = 0;
      const watch = setInterval(() => {
        highest = Math.max(highest, process.memoryUsage().rss);
      }, 50);
      const { finished, progressBytes } = await work(
        'echo first; head -c 4000000000 /dev/zero; echo last',
        null,
      ).finally(() => clearInterval(watch));
      const [run] = finished;
      const bytes = (run?.kept ?? []).map(({ base64 }) => Buffer.from(base64, 'base64'));
      const limit = DEFAULT_LIMITS.outputBytes;
      expect(run?.outcome.omittedBytes).toBe(4_000_000_011 - limit);
      expect(run?.outcome.exitCode).toBe(0);
      expect(bytes.map(({ length }) => length)).toEqual([limit / 2, bytes[1]?.length, limit / 2]);
      expect(bytes[0]?.subarray(0, 7).toString()).toBe('first\n\0');
      expect(bytes[1]?.toString()).toBe('\n… 3,998,951,435 bytes cut out …\n');
      expect(bytes[2]?.subarray(-6).toString()).toBe('\0last\n');
      expect(progressBytes).toBe(limit + (bytes[1]?.length ?? 0));
      expect(highest - before).toBeLessThan(300 * 1024 ** 2);
    }, 120_000);
  });
});
