// `countersign card render`: the text of an approval's card as each platform would be sent it, for
// JSON lines on standard input. Nothing is asked, nothing runs, no control plane is needed.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { ACTION_LIMIT_BYTES, Action, freezeAction } from '../bus/action.ts';
import type { Approval } from '../bus/approval.ts';
import { approvalCard } from '../chat/cards.ts';
import { CARD_PLATFORMS, cardText } from '../guard/card-text.ts';
import { guarded } from '../guard/guarded.ts';
import { judge } from '../policies/judge.ts';
import type { RuleSet } from '../policies/rules.ts';
import { usage } from './exit.ts';
import { subcommand } from './globals.ts';
import { type InputLine, inputLines } from './json-lines.ts';
import { rulesOf } from './settings.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
Each line of standard input is a JSON object {id, command, cwd?, platform}; platform is one of
${CARD_PLATFORMS.join(', ')}. Each is answered by one line, in the same order:
{id, text, parts}, where text is what the card would send, its messages joined, or
{id, refused: true, text} where it cannot be shown whole, with the reason.

Exit codes: 0 whatever the answers, 2 wrong use, or rules that do not load.`;

/** The id of a card that belongs to no approval. */
const SAMPLE_ID = 'K7Q2M';
const SAMPLE_TTL_MS = 15 * 60_000;

const RenderRequest = z.object({
  id: z.union([z.string(), z.number()]),
  command: z.string(),
  cwd: z.string().optional(),
  platform: z.enum(CARD_PLATFORMS),
});

type Answer =
  | { readonly id: string | number | null; readonly text: string; readonly parts: number }
  | { readonly id: string | number | null; readonly refused: true; readonly text: string };

interface RenderContext {
  readonly rules: RuleSet;
  readonly cwd: string;
  readonly home: string;
  readonly requester: string;
  readonly now: number;
}

export function registerCard(program: Command, io: Terminal): void {
  const card = program.command('card').description('cards as chats would show them');
  subcommand(card, 'render', 'the text of the card of a command')
    .usage('--stdin [options]')
    .option('--stdin', 'answer JSON lines')
    .option('--policies <file>', 'the rules to judge by (default: those in force)')
    .addHelpText('after', HELP)
    .action(async (options: { stdin?: boolean; policies?: string }, self: Command) => {
      if (options.stdin !== true) {
        throw usage('`countersign card render` reads JSON lines: give --stdin');
      }
      const { rules } = await rulesOf(options.policies, self, io);
      const context: RenderContext = {
        rules,
        cwd: io.cwd(),
        home: io.home,
        requester: `local:${io.uid ?? 0}`,
        now: io.clock.now(),
      };
      for await (const batch of inputLines(io.stdin)) {
        const answers = batch.map((line) => `${JSON.stringify(answerTo(line, context))}\n`);
        await io.stdout(answers.join(''));
      }
    });
}

function answerTo(line: InputLine, context: RenderContext): Answer {
  const { id } = line;
  if (!line.ok) return refusal(id, line.problem);
  try {
    return render(line.text, id, context);
  } catch (error) {
    // A line that breaks the renderer must not take the lines after it along.
    const why = error instanceof Error ? error.message : String(error);
    return refusal(id, `the card could not be rendered: ${why}`);
  }
}

function render(text: string, knownId: string | number | null, context: RenderContext): Answer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refusal(knownId, `this line is not JSON: ${why}`);
  }
  const parsed = RenderRequest.safeParse(value);
  if (!parsed.success) {
    const id = RenderRequest.pick({ id: true }).safeParse(value).data?.id ?? knownId;
    return refusal(id, `this line is not a request: ${told(parsed.error)}`);
  }
  const { id, platform, ...asked } = parsed.data;
  const approval = sampleApproval(asked, context);
  if (!approval.ok) return refusal(id, approval.problem);
  const rendered = cardText(approvalCard(approval.approval), platform);
  if (!rendered.whole) return refusal(id, rendered.refused);
  return { id, text: rendered.text, parts: rendered.parts };
}

/** The approval that this command would wait in, or why it could not be asked at all. */
function sampleApproval(
  { command, cwd }: { command: string; cwd?: string | undefined },
  { rules, cwd: here, home, requester, now }: RenderContext,
): { ok: true; approval: Approval } | { ok: false; problem: string } {
  const directory = resolveKeeping(here, cwd);
  const frame = { cwd: directory, env: {}, stdinDigest: null, sandbox: 'strict' };
  const action = Action.safeParse({ kind: 'shell', command, ...frame });
  if (!action.success) return { ok: false, problem: `it cannot be asked: ${told(action.error)}` };
  const frozen = freezeAction(action.data);
  if (Buffer.byteLength(frozen.canonical) > ACTION_LIMIT_BYTES) {
    return { ok: false, problem: `it cannot be asked: over ${ACTION_LIMIT_BYTES} bytes` };
  }
  const context = { requester, platform: 'local', cwd: directory, home };
  const judgement = guarded(
    judge(action.data, rules, context),
    { action: action.data, reason: null },
    { strict: false },
  );
  const approval: Approval = {
    id: SAMPLE_ID,
    frozen,
    requester,
    requestReason: null,
    origin: null,
    idempotencyKey: null,
    judgement,
    state: 'pending',
    version: 1,
    createdAt: now,
    expiresAt: now + SAMPLE_TTL_MS,
    votesNeeded: judgement.approvals,
    votes: [],
    decision: null,
    worker: null,
    startedAt: null,
    leaseUntil: null,
    finishedAt: null,
    outcome: null,
  };
  return { ok: true, approval };
}

/** An absolute directory stays as it was given: the card must show its very characters. */
function resolveKeeping(here: string, cwd: string | undefined): string {
  return cwd?.startsWith('/') === true ? cwd : resolve(here, cwd ?? '.');
}

function refusal(id: string | number | null, text: string): Answer {
  return { id, refused: true, text };
}

function told(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.join('.') || 'the line'}: ${message}`)
    .join('; ');
}
