// How what is in the outbox looks at the moment it is delivered.
import type { Approval } from '../bus/approval.ts';
import type { OutboxItem, Rendered } from '../bus/outbox.ts';
import type { Ledger } from '../interlock/ledger.ts';
import { approvalCard, resultCard } from './cards.ts';

/**
 * `offer`: the patterns by which exactly this action could be allowed beforehand, or null.
 * `secrets`: what no output may show.
 */
export function createRenderer(
  ledger: Ledger,
  offer: (approval: Approval) => Promise<readonly string[] | null>,
  secrets: readonly string[] = [],
) {
  return async (item: OutboxItem): Promise<Rendered | null> => {
    if (item.kind === 'message') {
      return { card: item.card, approvalId: null, replyTo: item.replyTo, worthSending: true };
    }
    const approval = await ledger.get(item.approvalId);
    if (approval === null) return null;
    if (item.kind === 'result') {
      const card = resultCard(approval, await ledger.output(approval.id), secrets);
      return { card, approvalId: null, replyTo: item.replyTo, worthSending: true };
    }
    return {
      card: approvalCard(approval, await offer(approval)),
      approvalId: approval.id,
      replyTo: approval.origin?.ref ?? null,
      // Nobody needs a first message about what was decided before it could be shown.
      worthSending: approval.state === 'pending',
    };
  };
}
