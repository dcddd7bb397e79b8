// "Approve, and allow exactly this for an hour", and the rule that is proposed once people approved
// alike commands three times. What is exact or alike the policies know; here it is stored and told.
import type { Approval } from '../bus/approval.ts';
import type { Grant } from '../bus/grant.ts';
import type { Card, Identity } from '../bus/messages.ts';
import { spokenDuration } from '../policies/duration.ts';
import { findProposal, type Proposal } from '../policies/propose.ts';
import { PAST_REQUESTS, type PolicyEdits } from './policy-edits.ts';

/** Why "for 1h" does not go with this approval. */
export const NOT_EXACT =
  'it cannot be allowed beforehand: something else than a missing rule makes it ask, or not all of it can be known before it runs';

/** What was granted with an approval, in a sentence. */
export function grantedText(
  { judgement }: Approval,
  grants: readonly Grant[],
  forMs: number,
): string {
  const ids = grants.map(({ id }) => id).join(', ');
  const who = grants[0]?.from ?? 'its requester';
  const patterns = grants.map(({ pattern }) => pattern).join(' and ');
  const what = judgement.commands.length === 1 ? 'Exactly this runs' : `${patterns} may run`;
  return `${what} unasked for ${spokenDuration(forMs)}, in its directory, for ${who} (${ids}).`;
}

/** Grants for exactly this action, in its directory, for its requester. */
export async function grantExactly(
  edits: PolicyEdits,
  approval: Approval,
  patterns: readonly string[],
  forMs: number,
  actor: Identity,
): Promise<{ ok: true; grants: readonly Grant[] } | { ok: false; why: string }> {
  const { interlock } = edits;
  const grants: Grant[] = [];
  for (const pattern of patterns) {
    const granted = await interlock.grant(actor, {
      effect: 'allow',
      pattern,
      in: approval.frozen.action.cwd,
      from: approval.requester,
      on: null,
      approvals: 1,
      dangerous: false,
      reason: `exactly ${approval.id}`,
      expiresAt: interlock.ports.clock.now() + forMs,
      usesLeft: null,
      origin: approval.id,
    });
    if (!granted.ok) return granted;
    grants.push(granted.grant);
  }
  return { ok: true, grants };
}

/** Proposes a rule in the approvers' chats when this approval was the third of alike ones. */
export class Proposals {
  readonly #edits: PolicyEdits;
  /** Said once: nobody is asked twice about the same rule. */
  readonly #said = new Set<string>();
  readonly #card: (proposal: Proposal) => Card;

  constructor(edits: PolicyEdits, card: (proposal: Proposal) => Card) {
    this.#edits = edits;
    this.#card = card;
  }

  /** Looks at an approval that somebody just approved. */
  async after(approval: Approval): Promise<void> {
    const { interlock } = this.#edits;
    if (approval.decision?.kind !== 'approved') return;
    const proposal = await this.#find(approval);
    if (proposal === null) return;
    const said = JSON.stringify([proposal.pattern, proposal.in, proposal.from]);
    if (this.#said.has(said)) return;
    this.#said.add(said);
    const card = this.#card(proposal);
    const now = interlock.ports.clock.now();
    await interlock.committer.commit({
      reads: { ids: [], keys: [] },
      run: (view) => {
        const { pattern, in: cwd, from, covers } = proposal;
        const data = { pattern, in: cwd, from, covers };
        const actor = 'countersign:policy';
        view.record({ type: 'policy.proposed', atMs: now, actor, approvalId: approval.id, data });
        for (const { platform, chat } of interlock.ports.setting.audience()) {
          const key = `proposal:${approval.id}:${platform}:${chat}`;
          const item = { kind: 'message', card, replyTo: null } as const;
          view.send({ key, platform, chat, item, atMs: now });
        }
      },
    });
  }

  async #find(approval: Approval): Promise<Proposal | null> {
    const edits = this.#edits;
    const newest = await edits.interlock.recent(PAST_REQUESTS);
    const approved = newest.filter(({ decision }) => decision?.kind === 'approved');
    const request = (one: Approval) => edits.request(one);
    return findProposal(
      request(approval),
      approved.map(request),
      newest.map(request),
      await edits.rules(),
    );
  }
}
