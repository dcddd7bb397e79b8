// Follows one action to its end, through lost connections: what was passed on once is never passed
// on again. Decides nothing and writes nothing itself.
import type { Clock } from '../bus/clock.ts';
import type { ApprovalForm, EventForm } from '../gateway/forms.ts';
import { type Client, Unreachable } from './client.ts';

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;

/** Bytes of an action's output; `notice` is Countersign's own word in between. */
export type OutputStream = 'stdout' | 'stderr' | 'notice';

export interface FollowPorts {
  readonly client: Client;
  readonly clock: Clock;
  /** How long a lost control plane is waited for. */
  readonly reconnectMs: number;
  /** Aborted when the person leaves: following ends with `left`. */
  readonly signal: AbortSignal;
  readonly onState: (approval: ApprovalForm) => Promise<void>;
  readonly onOutput: (stream: OutputStream, bytes: Uint8Array) => Promise<void>;
  readonly onLost: () => Promise<void>;
  readonly onBack: () => Promise<void>;
}

export type Followed =
  | { readonly kind: 'ended'; readonly approval: ApprovalForm }
  | { readonly kind: 'left' }
  /** The control plane did not come back in time. */
  | { readonly kind: 'lost' };

/** Follows the action `id` until it ends, the person leaves, or the control plane stays away. */
export async function follow(id: string, ports: FollowPorts): Promise<Followed> {
  const { clock, signal } = ports;
  const lostAt: { ms: number | null } = { ms: null };
  let passedBytes = 0;
  let retryMs = FIRST_RETRY_MS;
  for (;;) {
    let skipBytes = passedBytes;
    try {
      for await (const event of ports.client.events(id, signal)) {
        if (lostAt.ms !== null) await ports.onBack();
        lostAt.ms = null;
        retryMs = FIRST_RETRY_MS;
        if (event.type === 'end') {
          return { kind: 'ended', approval: event.approval };
        }
        if (event.type === 'state') await ports.onState(event.approval);
        else {
          const bytes = Buffer.from(event.base64, 'base64');
          const fresh = bytes.subarray(skipBytes);
          skipBytes = Math.max(0, skipBytes - bytes.length);
          passedBytes += fresh.length;
          if (fresh.length > 0) await ports.onOutput(streamOf(event), fresh);
        }
      }
    } catch (error) {
      if (signal.aborted) return { kind: 'left' };
      if (!(error instanceof Unreachable)) throw error;
    }
    if (lostAt.ms === null) {
      lostAt.ms = clock.now();
      if (ports.reconnectMs > 0) await ports.onLost();
    }
    const leftMs = lostAt.ms + ports.reconnectMs - clock.now();
    if (leftMs <= 0) return { kind: 'lost' };
    await sleep(clock, Math.min(retryMs, leftMs), signal);
    if (signal.aborted) return { kind: 'left' };
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }
}

function streamOf({ stream }: Extract<EventForm, { type: 'output' }>): OutputStream {
  return stream === 'stdout' || stream === 'stderr' ? stream : 'notice';
}

/** Resolves after a while, or at once when the signal is aborted. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish, { once: true });
  });
}
