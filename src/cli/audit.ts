// `countersign audit verify` and `audit list`: asks the running control plane, which holds the
// store; where none runs, opens the store itself.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { AuditEntry } from '../audit/chain.ts';
import type { AuditRecord, RecordCheck } from '../audit/read.ts';
import { StoreError } from '../store/errors.ts';
import type { StorePlace } from '../store/open.ts';
import { Unreachable } from './client.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { dataDirOf, globalsOf, subcommand } from './globals.ts';
import { wholeNumber } from './listing.ts';
import { configOf } from './settings.ts';
import { tableText } from './table.ts';
import type { Terminal } from './terminal.ts';
import { clientOf, withToken } from './token.ts';
import { safe } from './told.ts';

const MOST_LISTED = 10_000;

export function registerAudit(program: Command, io: Terminal): void {
  const audit = program.command('audit').description('the tamper-evident record');
  const verify = subcommand(audit, 'verify', 'verify every entry, the chain and its end')
    .addHelpText('after', '\nExit codes: 0 whole, 1 a fault was found, 2 it cannot be read.')
    .action(async (_options: unknown, self: Command) => {
      const found = await onRecord(
        self,
        io,
        () => clientOf(self, io).expect<RecordCheck>('GET', '/v1/audit/verify'),
        (record) => record.verify(),
      );
      await tellVerification(found, globalsOf(self).json, io);
    });
  withToken(verify);
  const list = subcommand(audit, 'list', 'the newest entries, oldest of them first')
    .option('--limit <n>', `how many, 1 to ${MOST_LISTED}`, '50')
    .option('--type <type>', 'only entries of this type, such as approval.approved')
    .option('--approval <id>', 'only entries about this approval')
    .action(async (options: ListOptions, self: Command) => {
      const entries = await listed(options, self, io);
      await tellEntries(entries, globalsOf(self).json, io);
    });
  withToken(list);
}

interface ListOptions {
  readonly limit: string;
  readonly type?: string;
  readonly approval?: string;
}

async function listed(options: ListOptions, command: Command, io: Terminal) {
  const limit = wholeNumber('--limit', options.limit, MOST_LISTED);
  const { type = null, approval = null } = options;
  const query = new URLSearchParams({ limit: String(limit) });
  if (type !== null) query.set('type', type);
  if (approval !== null) query.set('approval', approval);
  return onRecord(
    command,
    io,
    async () => {
      const path = `/v1/audit?${query}`;
      return (await clientOf(command, io).expect<{ entries: AuditEntry[] }>('GET', path)).entries;
    },
    (record) => record.list({ limit, type, approvalId: approval?.toUpperCase() ?? null }),
  );
}

/** Asks the control plane, or reads the store where none runs. */
async function onRecord<T>(
  command: Command,
  io: Terminal,
  online: () => Promise<T>,
  offline: (record: AuditRecord) => Promise<T>,
): Promise<T> {
  try {
    return await online();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
  }
  const dataDir = dataDirOf(command, io);
  const { config } = configOf(command, io);
  const url = config.store.url?.reveal() ?? null;
  const place: StorePlace = url === null ? { kind: 'folder', dataDir } : { kind: 'postgres', url };
  if (place.kind === 'folder') await mustExist(join(dataDir, 'db'), dataDir);
  try {
    // Only here: whoever asks the control plane needs no database.
    const [{ openStore }, { openRecord }] = await Promise.all([
      import('../store/open.ts'),
      import('../audit/read.ts'),
    ]);
    const store = await openStore(place, { log: () => undefined, exclusive: false });
    try {
      const keysPath = join(dataDir, 'audit-keys.json');
      const anchorPath = join(dataDir, 'audit-anchor.json');
      return await offline(openRecord({ db: store.db, keysPath, anchorPath }));
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CommandFailed(EXIT.usage, `store_${error.kind}`, error.message);
  }
}

async function mustExist(folder: string, dataDir: string): Promise<void> {
  try {
    await stat(folder);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = missing ? 'there is no record in it yet' : (error as Error).message;
    const message = `${dataDir}: ${why}. Is it the right folder? --data or COUNTERSIGN_DATA names it`;
    throw new CommandFailed(EXIT.usage, 'no_record', message);
  }
}

async function tellVerification(found: RecordCheck, json: boolean, io: Terminal): Promise<void> {
  if (!found.readable) {
    throw new CommandFailed(
      EXIT.usage,
      'unreadable',
      `the record cannot be verified: ${found.problem}`,
    );
  }
  const { verification, anchorSeq } = found;
  if (!verification.ok) io.setExitCode(EXIT.refused);
  if (json) {
    const document = verification.ok
      ? { ok: true, entries: verification.entries, head_hash: verification.headHash }
      : verification;
    await io.stdout(`${JSON.stringify({ ...document, anchor_seq: anchorSeq })}\n`);
    return;
  }
  if (verification.ok) {
    const head = `head ${verification.headHash}`;
    await io.stdout(`The record is whole: ${verification.entries} entries, ${head}.\n`);
    const anchor =
      anchorSeq === null
        ? 'There is no anchor outside of the store: a record that was cut back would not show.'
        : `The anchor outside of the store names entry ${anchorSeq}.`;
    await io.stdout(`${anchor}\n`);
    return;
  }
  const { fault, seq, detail, entries } = verification;
  await io.stdout(
    `FAULT (${fault}) at entry ${seq}: ${safe(detail)}.\n` +
      `${entries} entries before it are right. Keep this data folder as it is: it is evidence.\n`,
  );
}

async function tellEntries(
  entries: readonly AuditEntry[],
  json: boolean,
  io: Terminal,
): Promise<void> {
  if (json) {
    const forms = entries.map(({ approvalId, keyId, ...entry }) => ({
      ...entry,
      approval: approvalId,
      key_id: keyId,
      body: bodyOf(entry) ?? entry.body,
    }));
    await io.stdout(`${JSON.stringify({ entries: forms })}\n`);
    return;
  }
  if (entries.length === 0) {
    await io.stdout('There are no such entries.\n');
    return;
  }
  const rows = entries.map((entry) => {
    const body = bodyOf(entry);
    const at = String(body?.['at'] ?? '?');
    const data = JSON.stringify(body?.['data'] ?? null);
    return [
      String(entry.seq),
      at,
      entry.type,
      entry.approvalId ?? '',
      String(body?.['actor']),
      data,
    ];
  });
  const heads = ['SEQ', 'AT', 'TYPE', 'APPROVAL', 'ACTOR', 'DATA'];
  await io.stdout(tableText({ heads, rows, flexible: [5, 4] }, io.columns()));
}

/** What was signed; null where that is no JSON any more. */
function bodyOf(entry: Pick<AuditEntry, 'body'>): Record<string, unknown> | null {
  try {
    return JSON.parse(entry.body) as Record<string, unknown>;
  } catch {
    return null;
  }
}
