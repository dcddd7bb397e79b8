// `countersign policy add`, `remove` and `undo`: editing the rules over the gateway as chat does.
import { type Command, InvalidArgumentError } from 'commander';
import { Effect } from '../bus/messages.ts';
import type { PreviewForm } from '../gateway/policy-forms.ts';
import { readDuration } from '../policies/duration.ts';
import { historyText } from '../policies/rule-words.ts';
import type { RuleEntry } from '../policies/rules.ts';
import { type Client, refusal } from './client.ts';
import { confirmed } from './confirm.ts';
import { usage } from './exit.ts';
import { globalsOf, subcommand } from './globals.ts';
import type { Terminal } from './terminal.ts';
import { approverClientOf, withToken } from './token.ts';
import { localTime, safe } from './told.ts';

interface AddOptions {
  readonly for?: string;
  readonly uses?: number;
  readonly in?: string;
  readonly from?: string;
  readonly on?: string;
  readonly by?: number;
  readonly reason?: string;
  readonly yes?: boolean;
}

/** A grant as the gateway answers with it. */
export interface GrantAnswer {
  readonly id: string;
  readonly written: string;
  readonly expires_at: string | null;
  readonly uses_left: number | null;
}

interface Added {
  readonly rule: RuleEntry | null;
  readonly grant: GrantAnswer | null;
  readonly already: boolean;
  readonly preview: PreviewForm;
}

/** Adds the three to `countersign policy`. */
export function registerPolicyEdits(policy: Command, io: Terminal): void {
  registerAdd(policy, io);
  registerRemove(policy, io);
  registerUndo(policy, io);
}

function registerAdd(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'add', 'add a rule; it is in force at once')
    .argument('<effect>', Effect.options.join(', '))
    .argument('<pattern...>', "words, in quotes: 'npm run test:*'")
    .option('--for <time>', 'a grant that ends by itself: 30m, 2h, 3d, 1h30m', parseTime)
    .option('--uses <n>', 'a grant that ends after so many uses', parseCount)
    .option('--in <dir>', "only in this directory ('~/code/**': and below)")
    .option('--from <identity>', 'only asked by them, such as telegram:123456')
    .option('--on <platform>', 'only from this platform')
    .option('--by <n>', 'how many different people must approve (ask)', parseCount)
    .option('--reason <text>', 'why; shown with the rule')
    .option('--yes', 'store it even if it is broad')
    .addHelpText('after', EDIT_HELP)
    .action(async (effect: string, words: string[], options: AddOptions, self: Command) => {
      const known = Effect.safeParse(effect);
      if (!known.success) {
        throw usage(`${JSON.stringify(effect)} is no effect: write ${Effect.options.join(', ')}`);
      }
      const { yes = false, by, ...terms } = options;
      const body = {
        effect: known.data,
        pattern: words.join(' '),
        ...given(terms),
        ...(by === undefined ? {} : { approvals: by }),
        confirm: yes,
      };
      await add(await approverClientOf(self, io), body, self, io);
    });
  withToken(command);
}

function given({ for: time, uses, in: cwd, from, on, reason }: AddOptions) {
  const all = { for: time, uses, in: cwd, from, on, reason };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function add(client: Client, body: object, command: Command, io: Terminal): Promise<void> {
  let answer = await client.ask('POST', '/v1/policies', { body });
  const { preview } = (answer.body ?? {}) as Partial<Added>;
  if (answer.status === 409 && preview !== undefined && !globalsOf(command).json) {
    await io.stderr(`It is broad: ${safe(preview.broad.join('; '))}.\n${previewText(preview)}`);
    if (io.isInteractive && (await confirmed('Store it all the same?', io))) {
      answer = await client.ask('POST', '/v1/policies', { body: { ...body, confirm: true } });
    }
  }
  if (answer.status >= 400) throw refusal(answer);
  const added = answer.body as Added;
  if (globalsOf(command).json) return io.stdout(`${JSON.stringify(added)}\n`);
  // A script reads one line; a person also how it was understood.
  const understood = io.isInteractive ? previewText(added.preview) : '';
  return io.stdout(`${headline(added, io.clock.now())}\n${understood}`);
}

function headline({ rule, grant, already }: Added, nowMs: number): string {
  if (grant !== null) {
    const { id, written, expires_at: end, uses_left: uses } = grant;
    const ends = [
      end === null ? null : `until ${localTime(end, nowMs)}`,
      uses === null ? null : `for ${uses === 1 ? 'one use' : `${uses} uses`}`,
    ];
    const till = ends.filter((part) => part !== null).join(', ');
    return `Grant ${id} is in force ${till}: ${safe(written)}`;
  }
  const how = already ? 'was there already' : 'is in force';
  return `Rule ${rule?.number} ${how}: ${safe(rule?.written ?? '')}`;
}

function previewText(preview: PreviewForm): string {
  const rows: [string, string][] = [
    ['means', preview.means ?? preview.pattern],
    ['matches', preview.matches.join('   ')],
    ['but not', preview.not.join('   ')],
    ['of late', historyText(preview)],
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `  ${label.padEnd(8)} ${safe(value)}\n`)
    .join('');
}

function registerRemove(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'remove', 'take a rule or grant out, by number or text')
    .argument('<which...>', 'its number in `policy list` (g3: a grant), or its pattern')
    .addHelpText('after', EDIT_HELP)
    .action(async (words: string[], _options: unknown, self: Command) => {
      const client = await approverClientOf(self, io);
      const path = `/v1/policies/${encodeURIComponent(words.join(' '))}`;
      const removed = await client.expect<Pick<Added, 'rule' | 'grant'>>('DELETE', path);
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify(removed)}\n`);
      const { rule, grant } = removed;
      const what =
        grant === null
          ? `Removed: ${safe(rule?.written ?? '')}`
          : `Revoked: ${grant.id} (${safe(grant.written)})`;
      return io.stdout(`${what}. It is no longer in force.\n`);
    });
  withToken(command);
}

function registerUndo(policy: Command, io: Terminal): void {
  const command = subcommand(policy, 'undo', 'take the last change of the rules back')
    .addHelpText('after', UNDO_HELP)
    .action(async (_options: unknown, self: Command) => {
      const client = await approverClientOf(self, io);
      const answer = await client.expect<{ undone: string }>('POST', '/v1/policies/undo');
      if (globalsOf(self).json) return io.stdout(`${JSON.stringify(answer)}\n`);
      return io.stdout(`${safe(answer.undone)}\n`);
    });
  withToken(command);
}

/** The text of a time, as it was given. */
export function parseTime(text: string): string {
  const duration = readDuration(text);
  if (duration.kind === 'ok') return text;
  const why = duration.kind === 'wrong' ? duration.why : 'write a time such as 30m, 2h or 3d';
  throw new InvalidArgumentError(`${why}.`);
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, 1 at least.');
}

const TOKEN_HELP = `It needs an approver token: --token-file, else COUNTERSIGN_TOKEN (or _FILE), else it is
asked for.`;

const EDIT_HELP = `
A broad rule is shown and stored once you say yes; without a terminal it takes --yes.
${TOKEN_HELP} Exit codes: 0 done, 1 refused (the rule is too wide, not confirmed, or not
there), 2 wrong use or token, 3 no control plane.`;

const UNDO_HELP = `
Changes from chat, terminal and HTTP are undone, the newest first; repeat it for the one before.
${TOKEN_HELP} Exit codes: 0 done, 1 nothing to undo, 2 wrong use or token, 3 no control plane.`;
