// How long the built program takes from its start until it answers, and the memory it then holds.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../tests/services.ts';
import { median } from './statistics.ts';

const ROUNDS = 5;
const PROGRAM = join(import.meta.dirname, '..', 'bin', 'countersign.js');

export async function startup(): Promise<void> {
  await measure('embedded', null);
  const redis = await startRedis();
  await measure('on Redis', redis.url);
  await redis.stop();
}

async function measure(name: string, redisUrl: string | null): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const config = join(dataDir, 'bench.yaml');
  const queue = redisUrl === null ? '' : `queue: { url: "${redisUrl}" }\n`;
  await writeFile(config, `gateway: { port: 0 }\napprovers: []\n${queue}`, { mode: 0o600 });
  const first = await startOnce(dataDir, config);
  const times: number[] = [];
  const memories: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { seconds, rssMib } = await startOnce(dataDir, config);
    times.push(seconds);
    memories.push(rssMib);
  }
  await rm(dataDir, { recursive: true, force: true });
  console.log(
    `  ${name.padEnd(16)} new data folder ${first.seconds.toFixed(2)} s, ` +
      `existing ${median(times).toFixed(2)} s, RSS ${median(memories).toFixed(0)} MiB`,
  );
}

async function startOnce(dataDir: string, config: string) {
  const began = performance.now();
  const program = spawn(
    process.execPath,
    [PROGRAM, 'start', '--no-terminal', '--data', dataDir, '--config', config],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  program.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const ended = new Promise<void>((resolve) => program.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    program.stdout.on('data', (data: Buffer) => {
      if (data.includes('Countersign is up')) resolve();
    });
    program.once('exit', (code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });
  const seconds = (performance.now() - began) / 1000;
  const status = await readFile(`/proc/${program.pid}/status`, 'utf8');
  const rssMib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  program.kill('SIGTERM');
  await ended;
  return { seconds, rssMib };
}
