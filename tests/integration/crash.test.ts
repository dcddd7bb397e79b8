// kill -9 of the control plane, the loss of all of Redis, a server that goes away, at every stage
// of an action: what was acknowledged is still there, and nothing runs twice.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PostgresService,
  type RedisService,
  requireService,
  startPostgres,
  startRedis,
} from '../services.ts';
import { type Plane, startPlane } from './program.ts';
import { endAll, Spawned } from './spawned.ts';

const bubblewrap = requireService('bubblewrap');
const redisServer = requireService('redis');
const postgresServer = requireService('postgres');

/** Appends a line to a file of the workspace: how often it ran is how many lines there are. */
function counting(name: string): string[] {
  return ['sh', '-c', `echo ran >> ${name}`];
}

/**
 * An action that runs until it is told to end. It holds a named pipe open, so that the end of the
 * pipe is the end of the last of its processes.
 */
class Held {
  readonly argv: readonly string[];
  readonly #reader: Spawned;
  readonly #gate: string;

  constructor(plane: Plane, name: string) {
    const pipe = join(plane.workspace, `${name}.pipe`);
    this.#gate = join(plane.workspace, `${name}.gate`);
    execFileSync('mkfifo', ['-m', '666', pipe, this.#gate]);
    this.#reader = new Spawned('cat', [pipe], { env: {}, cwd: '/', input: 'none' });
    const line = `echo ran >> ${name}; exec 3> ${name}.pipe; echo begun >&3; sleep 1000 & read x < ${name}.gate; kill $!; echo ended`;
    this.argv = ['sh', '-c', line];
  }

  async begun(): Promise<void> {
    await this.#reader.until(/begun/);
  }

  /** Resolves when no process of it is left. */
  async gone(): Promise<void> {
    await this.#reader.ended();
  }

  letGo(): void {
    execFileSync('sh', ['-c', `echo go > ${this.#gate}`], { timeout: 10_000 });
  }
}

function stages(open: () => Promise<Plane>) {
  let plane: Plane;

  beforeAll(async () => {
    plane = await open();
  });
  afterAll(async () => {
    await plane?.close();
    await endAll();
  });

  it('killed while it is pending: still pending, approvable, and its `run` gets the result', async () => {
    const { id, run } = await plane.asks(['--', ...counting('pending')]);
    await plane.kill('SIGKILL');
    await run.until(/The control plane does not answer\. Waiting for it to come back/);
    await plane.start();
    await run.until(/The control plane is back\./);
    const listed = await plane.command(['pending']);
    expect(listed.stdout).toContain(id);
    expect((await plane.decide(id, 'approve')).status).toBe(200);
    expect((await run.ended()).code).toBe(0);
    expect(await plane.fileText('pending')).toBe('ran\n');
  });

  it('killed when approved but not claimed: runs once', async () => {
    await plane.kill('SIGTERM');
    await plane.start('--no-workers');
    const { id, run } = await plane.asks(['--', ...counting('approved')]);
    const decided = await plane.decide(id, 'approve');
    expect(decided.body.approval.state).toBe('approved');
    await plane.kill('SIGKILL');
    await plane.start();
    expect((await run.ended()).code).toBe(0);
    expect(await plane.outcome(id)).toMatchObject({ state: 'succeeded' });
  });

  it('killed while it runs: unknown, told to people, its processes gone, never run again', async () => {
    const held = new Held(plane, 'running');
    const { id, run } = await plane.asks(['--', ...held.argv]);
    await plane.decide(id, 'approve');
    await held.begun();
    await plane.kill('SIGKILL');
    await held.gone();
    await plane.start();
    await plane.shows(new RegExp(`Look at ${id}: nobody knows how it ended`));
    const { code, stderr } = await run.ended();
    expect(code).toBe(1);
    expect(stderr).toContain(`WARNING: nobody knows how ${id} ended`);
    expect((await plane.decide(id, 'approve')).body.outcome).toBe('repeated');
    await plane.kill('SIGKILL');
    await plane.start();
    // Whatever was released before has run by the time that this has.
    const next = await plane.submit(counting('after'));
    await plane.decide(next.id, 'approve');
    expect(await plane.outcome(next.id)).toMatchObject({ state: 'succeeded' });
    expect(await plane.outcome(id)).toMatchObject({
      state: 'unknown',
      outcome: { detail: 'the control plane that ran it was stopped or killed in the middle' },
    });
    const files = await Promise.all(
      ['pending', 'approved', 'running'].map((name) => plane.fileText(name)),
    );
    expect(files).toEqual(['ran\n', 'ran\n', 'ran\n']);
    expect(plane.process.stdout).not.toContain(`Look at ${id}`);
  });

  it('the record is whole after all of that', async () => {
    const { code, stdout } = await plane.command(['audit', 'verify']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^The record is whole: \d+ entries, head [0-9a-f]{64}\.\n/),
    });
  });
}

describe.skipIf(!bubblewrap.available)(`the embedded store${bubblewrap.note}`, () => {
  stages(() => startPlane());
});

const servers = [bubblewrap, postgresServer, redisServer];
const note = servers.map((service) => service.note).join('');

describe.skipIf(servers.some(({ available }) => !available))(`PostgreSQL and Redis${note}`, () => {
  let postgres: PostgresService;
  let redis: RedisService;
  const open = async () =>
    startPlane({
      config: {
        store: { url: { env: 'CS_STORE' } },
        queue: { url: redis.url },
        workers: { concurrency: 1 },
      },
      env: { CS_STORE: await postgres.createDatabase() },
    });

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(async () => {
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  describe('kill -9', () => stages(open));

  describe('flushall', () => {
    let plane: Plane;
    beforeAll(async () => {
      plane = await open();
    });
    afterAll(async () => {
      await plane?.close();
      await endAll();
    });

    it('while pending: still approvable, and then it runs once', async () => {
      const { id, run } = await plane.asks(['--', ...counting('flushed-pending')]);
      await redis.cli('flushall');
      await plane.decide(id, 'approve');
      expect((await run.ended()).code).toBe(0);
      expect(await plane.fileText('flushed-pending')).toBe('ran\n');
    });

    it('while one runs and another is approved: both end, each having run once', async () => {
      const held = new Held(plane, 'flushed-running');
      const first = await plane.submit(held.argv);
      await plane.decide(first.id, 'approve');
      await held.begun();
      const second = await plane.submit(counting('flushed-approved'));
      expect((await plane.decide(second.id, 'approve')).body.approval.state).toBe('approved');
      await redis.cli('flushall');
      // A deadline brings the sweep that puts back what is missing, here long before the minute.
      const short = await plane.submit(['true'], { expires_in: 1 });
      expect(await plane.outcome(short.id)).toMatchObject({ state: 'expired' });
      await plane.process.until(/the queue had lost \d+ of its jobs; they are back/);
      held.letGo();
      expect(await plane.outcome(first.id)).toMatchObject({ state: 'succeeded' });
      expect(await plane.outcome(second.id)).toMatchObject({ state: 'succeeded' });
      expect(await plane.fileText('flushed-running')).toBe('ran\n');
      expect(await plane.fileText('flushed-approved')).toBe('ran\n');
    });

    it('while no control plane runs: the next start puts everything back', async () => {
      await plane.kill('SIGTERM');
      await plane.start('--no-workers');
      const waits = await plane.submit(counting('down-pending'));
      const released = await plane.submit(counting('down-approved'));
      await plane.decide(released.id, 'approve');
      await plane.kill('SIGKILL');
      await redis.cli('flushall');
      await plane.start();
      expect(await plane.outcome(released.id)).toMatchObject({ state: 'succeeded' });
      await plane.decide(waits.id, 'approve');
      expect(await plane.outcome(waits.id)).toMatchObject({ state: 'succeeded' });
      expect(await plane.fileText('down-pending')).toBe('ran\n');
      expect(await plane.fileText('down-approved')).toBe('ran\n');
    });

    it('nothing of an action is ever in Redis but its id', async () => {
      const secret = 'swordfish-4711';
      const { id } = await plane.submit(['echo', secret]);
      const keys = (await redis.cli('keys', '*')).split('\n');
      expect(keys.some((key) => key.includes(id))).toBe(true);
      const script = `local all = ''
        for _, key in ipairs(redis.call('keys', '*')) do all = all .. key .. redis.call('dump', key) end
        return all`;
      expect(await redis.cli('eval', script, '0')).not.toContain(secret);
    });
  });

  describe('a server that goes away and comes back', () => {
    let plane: Plane;
    beforeAll(async () => {
      plane = await open();
    });
    afterAll(async () => {
      await plane?.close();
      await endAll();
    });

    it('PostgreSQL: nothing is decided meanwhile, everybody is told why, and then it goes on', async () => {
      const { id, run } = await plane.asks(['--', ...counting('store-away')]);
      await postgres.halt();
      const refused = await plane.decide(id, 'approve');
      const why = `Not possible now: store: connect ECONNREFUSED 127.0.0.1:${postgres.port}`;
      expect(refused).toEqual({
        status: 503,
        body: { error: { code: 'unavailable', message: expect.stringContaining(why) } },
      });
      const ready = await plane.api('GET', '/readyz', { token: '' });
      expect(ready).toEqual({
        status: 503,
        body: { ready: false, reasons: [expect.stringContaining('store: connect ECONNREFUSED')] },
      });
      const listed = await plane.command(['pending']);
      expect({ code: listed.code, stderr: listed.stderr }).toEqual({
        code: 3,
        stderr: expect.stringContaining(why),
      });
      await run.until(/The control plane does not answer/);
      // Typed while nothing can be recorded: taken when it can.
      plane.process.type(`!approve ${id}`);
      await plane.shows(/could not be recorded yet; trying again/);
      await postgres.start();
      expect((await run.ended()).code).toBe(0);
      expect(await plane.fileText('store-away')).toBe('ran\n');
      expect((await plane.command(['audit', 'verify'])).code).toBe(0);
    });

    it('Redis: what is approved meanwhile runs, once, when it is back', async () => {
      const { id, run } = await plane.asks(['--', ...counting('queue-away')]);
      await redis.halt();
      expect((await plane.decide(id, 'approve')).body.outcome).toBe('decided');
      expect((await plane.submit(['true'])).state).toBe('pending');
      await redis.start();
      expect((await run.ended()).code).toBe(0);
      expect(await plane.fileText('queue-away')).toBe('ran\n');
    });
  });
});
