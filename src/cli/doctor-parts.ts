// The doctor's look at Countersign's own parts: the data folder, the configuration and the rules,
// the running control plane or, where none runs, the store.
import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AuditKeyError, readKeyRing } from '../audit/keys.ts';
import type { LoadAnswer } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { StoreError } from '../store/errors.ts';
import { type Client, readGatewayFile, Unreachable } from './client.ts';
import type { Finding } from './doctor-machine.ts';
import { CommandFailed } from './exit.ts';
import { policyPathOf, readRules } from './settings.ts';
import type { Terminal } from './terminal.ts';

const FOLDER = 'data folder';

/** Whether the data folder is there, ours, and closed to everybody else (0700, 0600). */
export async function lookAtData(dataDir: string, { uid }: Terminal): Promise<Finding[]> {
  let found: Stats;
  try {
    found = await stat(dataDir);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return [fail(FOLDER, `${dataDir} cannot be looked at: ${message}`)];
    const detail = `${dataDir} is not there yet: \`countersign start\` makes it`;
    return [{ part: FOLDER, level: 'warn', detail }];
  }
  if (!found.isDirectory()) {
    return [fail(FOLDER, `${dataDir} is no folder: move it aside, or name another with --data`)];
  }
  if (uid !== null && found.uid !== uid) {
    const detail = `${dataDir} belongs to user ${found.uid}, you are ${uid}: run as its owner, or name another with --data`;
    return [fail(FOLDER, detail)];
  }
  const wrong = await openToOthers(dataDir, found.mode, uid);
  if (wrong.length > 0) return wrong;
  const findings: Finding[] = [ok(FOLDER, `${dataDir}, closed to other users`)];
  try {
    const keys = await readKeyRing(join(dataDir, 'audit-keys.json'));
    if (keys !== null) findings.push(ok('record', 'its keys are readable; see `audit verify`'));
  } catch (error) {
    if (!(error instanceof AuditKeyError)) throw error;
    findings.push(fail('record', error.message));
  }
  return findings;
}

async function openToOthers(dataDir: string, mode: number, uid: number | null) {
  if (uid === null) return [];
  const findings: Finding[] = [];
  if ((mode & 0o077) !== 0) {
    findings.push(
      fail(FOLDER, `other users can look into ${dataDir}: chmod 700 ${quoted(dataDir)}`),
    );
  }
  try {
    for (const name of await readdir(dataDir)) {
      const path = join(dataDir, name);
      const entry = await lstat(path);
      // The lock's socket is for being knocked at; the folder around it is closed.
      if (entry.isSymbolicLink() || name === 'lock.sock' || (entry.mode & 0o077) === 0) continue;
      const want = entry.isDirectory() ? '700' : '600';
      const detail = `other users may use ${path} (mode ${(entry.mode & 0o777).toString(8)}): chmod ${want} ${quoted(path)}`;
      findings.push(fail(FOLDER, detail));
    }
  } catch (error) {
    findings.push(fail(FOLDER, `it cannot be read: ${(error as Error).message}`));
  }
  return findings;
}

/** Whether configuration and rules load, who may approve, and whether others could change them. */
export async function lookAtConfig(
  loaded: LoadAnswer,
  command: Command,
  io: Terminal,
): Promise<Finding[]> {
  const part = 'configuration';
  if (!loaded.ok) return loaded.problems.map((problem) => fail(part, problem));
  const { config, source } = loaded;
  const findings: Finding[] = [ok(part, source ?? 'no file: the defaults')];
  if (source !== null) findings.push(...(await closedFile(part, source, io)));
  const path = policyPathOf(loaded, command, io);
  const rules = await readRules(path);
  if (!rules.ok) findings.push(...rules.problems.map((problem) => fail('rules', problem)));
  else if (!rules.exists) findings.push(ok('rules', `none yet (${path}): everything is asked`));
  else {
    findings.push(ok('rules', `${rules.rules.rules.length} in ${path}`));
    findings.push(...(await closedFile('rules', path, io)));
  }
  findings.push(approversOf(config, source));
  for (const platform of Object.keys(config.adapters)) {
    // A reference that leads nowhere would have been a mistake of the configuration.
    findings.push(ok(platform, 'configured, its token is set'));
  }
  return findings;
}

function approversOf(config: Config, source: string | null): Finding {
  const part = 'approvers';
  const people = config.approvers.map(({ id }) => id);
  const tokens = config.tokens.filter(({ role }) => role === 'approver').map(({ name }) => name);
  const all = [...people, ...tokens.map((name) => `token:${name}`)];
  if (all.length > 0) return ok(part, all.join(', '));
  const detail = `nobody can approve: add people under \`approvers\`, or a token, in ${source ?? 'the configuration'}`;
  return { part, level: 'warn', detail };
}

async function closedFile(part: string, path: string, { uid }: Terminal): Promise<Finding[]> {
  const { mode, uid: owner } = await stat(path);
  if (uid === null) return [];
  if (uid !== owner && owner !== 0) {
    return [fail(part, `${path} belongs to user ${owner}, who could change it: chown it`)];
  }
  if ((mode & 0o022) !== 0) {
    return [fail(part, `other users can change ${path}: chmod go-w ${quoted(path)}`)];
  }
  if ((mode & 0o044) === 0) return [];
  const detail = `other users can read ${path}. It holds no secrets; chmod 600 ${quoted(path)} keeps it private`;
  return [{ part, level: 'warn', detail }];
}

/** The running control plane and its own word on its parts; where none runs, the store. */
export async function lookAtService(
  client: Client,
  config: Config | null,
  dataDir: string,
): Promise<Finding[]> {
  const part = 'control plane';
  try {
    const { pid, socket } = readGatewayFile(dataDir);
    const { status, body } = await client.ask('GET', '/readyz');
    const { lines } = await client.expect<{ lines: string[] }>('GET', '/v1/status');
    const reasons = (body as { reasons?: string[] }).reasons ?? [];
    const own =
      status === 200
        ? ok(part, `process ${pid} answers on ${socket} and is ready`)
        : fail(part, `process ${pid} is not ready: ${reasons.join('; ')}`);
    return [own, ...lines.map(ownWord), ...durabilityOf(config)];
  } catch (error) {
    if (error instanceof Unreachable) {
      const down: Finding = { part, level: 'warn', detail: error.message };
      return [down, ...(await lookAtStore(config, dataDir)), ...redisOf(config)];
    }
    if (error instanceof CommandFailed) return [fail(part, error.message)];
    throw error;
  }
}

function ownWord(line: string): Finding {
  const [, mark, rest] = /^(ok|FAIL|LOCKDOWN)(?::\s*|\s+)(.*)$/s.exec(line) ?? [];
  const part = 'its own word';
  if (mark === 'FAIL') return fail(part, rest ?? line);
  if (mark === 'LOCKDOWN') return { part: 'lockdown', level: 'warn', detail: rest ?? line };
  return ok(part, mark === 'ok' ? (rest ?? line) : line);
}

function durabilityOf(config: Config | null): Finding[] {
  if (config !== null && config.store.url !== null) return [];
  const detail =
    'the embedded database survives a crash or kill of any process, not a loss of power; for that set store.url to a PostgreSQL';
  return [ok('store', detail)];
}

function redisOf(config: Config | null): Finding[] {
  if (config === null || config.queue.url === null) return [];
  const detail = 'Redis was not tried: that needs a running control plane';
  return [{ part: 'queue', level: 'warn', detail }];
}

async function lookAtStore(config: Config | null, dataDir: string): Promise<Finding[]> {
  const part = 'store';
  if (config === null) return [];
  const url = config.store.url?.reveal() ?? null;
  const made = await stat(join(dataDir, 'db')).then(
    () => true,
    () => false,
  );
  if (url === null && !made) return [ok(part, 'not made yet: the first start makes it')];
  try {
    const place =
      url === null ? ({ kind: 'folder', dataDir } as const) : ({ kind: 'postgres', url } as const);
    // Only here: where a control plane runs, no database is opened.
    const { openStore } = await import('../store/open.ts');
    const store = await openStore(place, { log: () => undefined, exclusive: false });
    await store.close();
    return [ok(part, `${store.detail} opens`), ...durabilityOf(config)];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [fail(part, error.message)];
  }
}

function ok(part: string, detail: string): Finding {
  return { part, level: 'ok', detail };
}

function fail(part: string, detail: string): Finding {
  return { part, level: 'fail', detail };
}

function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
