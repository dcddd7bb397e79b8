// What a transition leaves behind in its own transaction: the entry on the record and the messages
// that must reach people. Pure over the view; nothing here decides anything.
import type { Approval } from '../bus/approval.ts';
import { commandText } from '../bus/command-text.ts';
import type { Card, ChatAddress, Identity } from '../bus/messages.ts';
import { CLOCK_ACTOR, type Event, type FollowUp, type MachineRules, step } from './machine.ts';
import type { View } from './view.ts';

/** The chats where approvers see what waits for them. */
export type Audience = () => readonly ChatAddress[];

export interface Setting {
  readonly rules: MachineRules;
  readonly audience: Audience;
}

/** Steps the machine within a transaction and writes everything that follows from it. */
export function apply(view: View, before: Approval, event: Event, now: number, setting: Setting) {
  const result = step(before, event, now, setting.rules);
  if (!result.ok) return result;
  const { next, audit, followUps } = result;
  view.update(next, followUps);
  if (audit !== null) {
    view.record({
      type: `approval.${audit}`,
      atMs: now,
      actor: actorOf(event, next),
      approvalId: next.id,
      data: auditData(next),
    });
  }
  follow(view, next, followUps, now, setting.audience);
  return result;
}

/** Puts a new approval in, with its entry and its cards. */
export function insert(view: View, approval: Approval, now: number, setting: Setting): void {
  const followUps: FollowUp[] = approval.state === 'denied' ? [] : ['cards'];
  view.insert(approval, followUps);
  view.record({
    type: 'approval.submitted',
    atMs: now,
    actor: approval.requester,
    approvalId: approval.id,
    data: {
      digest: approval.frozen.digest,
      action: approval.frozen.action,
      reason: approval.requestReason,
      origin: approval.origin,
      state: approval.state,
      decision: approval.decision,
      votesNeeded: approval.votesNeeded,
      expiresAt: approval.expiresAt,
      judgement: approval.judgement,
    },
  });
  for (const warning of approval.judgement.warnings) {
    const rule = approval.state === 'approved' ? dangerousRule(warning) : null;
    view.record({
      type: rule === null ? 'policy.warning' : 'policy.dangerous-rule-used',
      atMs: now,
      actor: approval.requester,
      approvalId: approval.id,
      data: rule === null ? { warning } : { rule },
    });
  }
  follow(view, approval, followUps, now, setting.audience);
}

/** The rule that released something and should not exist (F008), from the judge's own words. */
function dangerousRule(warning: string): string | null {
  return /^dangerous rule used: (.*)$/su.exec(warning)?.[1] ?? null;
}

function actorOf(event: Event, next: Approval): Identity {
  // Whoever came too late has not done it: time has.
  if (next.state === 'expired') return CLOCK_ACTOR;
  if ('actor' in event) return event.actor;
  if ('worker' in event) return `worker:${event.worker}`;
  return CLOCK_ACTOR;
}

function auditData(approval: Approval): Record<string, unknown> {
  const { frozen, state, version, votes, decision, worker, outcome } = approval;
  return { digest: frozen.digest, state, version, votes, decision, worker, outcome };
}

function follow(
  view: View,
  approval: Approval,
  followUps: readonly FollowUp[],
  now: number,
  audience: Audience,
): void {
  const chats = distinct([...audience(), ...(approval.origin === null ? [] : [approval.origin])]);
  // Only what was asked has cards: an allowed action disturbs nobody but its requester.
  if (followUps.includes('cards') && approval.judgement.effect === 'ask') {
    for (const { platform, chat } of chats) {
      const key = `card:${approval.id}:${platform}:${chat}`;
      const item = { kind: 'card', approvalId: approval.id } as const;
      view.send({ key, platform, chat, item, atMs: now });
    }
  }
  if (followUps.includes('result')) {
    for (const { platform, chat, ref } of resultChats(approval)) {
      const key = `result:${approval.id}:${platform}:${chat}`;
      const item = { kind: 'result', approvalId: approval.id, replyTo: ref } as const;
      view.send({ key, platform, chat, item, atMs: now });
    }
  }
  if (followUps.includes('alert')) {
    // Whoever asked from a chat is told there by its result.
    for (const { platform, chat } of audience()) {
      if (approval.origin?.platform === platform && approval.origin.chat === chat) continue;
      const key = `alert:${approval.id}:${platform}:${chat}`;
      const item = { kind: 'message', card: alertCard(approval), replyTo: null } as const;
      view.send({ key, platform, chat, item, atMs: now });
    }
  }
  if (followUps.includes('page')) {
    for (const { platform, chat } of chats) {
      const key = `page:${approval.id}:${platform}:${chat}`;
      const item = { kind: 'message', card: pageCard(approval), replyTo: null } as const;
      view.send({ key, platform, chat, item, atMs: now });
    }
  }
}

// Where it was asked, and, for what really ran, where it was approved.
function resultChats(approval: Approval) {
  const ran = approval.startedAt !== null;
  const deciding = ran ? (approval.decision?.via ?? null) : null;
  const chats = [approval.origin, deciding].filter((chat) => chat !== null);
  return distinct(chats);
}

function alertCard(approval: Approval): Card {
  const text = `${approval.id} expired: ${approval.decision?.reason ?? ''}`;
  return {
    blocks: [
      { kind: 'heading', tone: 'bad', text },
      { kind: 'code', text: commandText(approval.frozen.action) },
      { kind: 'text', text: `Asked by ${approval.requester}. Nothing ran.` },
    ],
  };
}

function pageCard(approval: Approval): Card {
  return {
    blocks: [
      { kind: 'heading', tone: 'bad', text: `Look at ${approval.id}: nobody knows how it ended` },
      {
        kind: 'text',
        text: `${approval.outcome?.detail ?? ''}. It may have run in part or in whole, and it will not be run again. Check what it did before you submit it anew.`,
      },
    ],
  };
}

function distinct<T extends ChatAddress>(chats: readonly T[]): readonly T[] {
  const byAddress = new Map<string, T>();
  for (const chat of chats) {
    const address = JSON.stringify([chat.platform, chat.chat]);
    if (!byAddress.has(address)) byAddress.set(address, chat);
  }
  return [...byAddress.values()];
}
