// Telegram's answers and failures as PlatformErrors that say what to do. Only what Telegram said is
// kept: errors of the network hold the URL, which holds the token, so they are never a cause.
import { PlatformError } from '../bus/adapter.ts';

export const BAD_TOKEN =
  'Telegram does not accept the token: check telegram.token, or get a new one from @BotFather (/token)';
export const BAD_SECRET =
  'telegram.webhook.secret must be 16 to 256 characters of A-Z, a-z, 0-9, _ and -: make one with `openssl rand -hex 32`';

/** How long to leave Telegram alone after it no longer takes the token. */
const REVOKED_RETRY_MS = 30_000;

/** Telegram answered `ok: false`. https://core.telegram.org/bots/api#making-requests */
export function answeredError(
  method: string,
  code: number,
  said: string,
  parameters: { readonly retry_after?: number; readonly migrate_to_chat_id?: number },
): PlatformError {
  if (method === 'getMe' && (code === 401 || code === 404)) {
    return new PlatformError('refused', BAD_TOKEN);
  }
  if (code === 401) {
    // Revoked since the start: what is to be sent waits for a new one.
    return new PlatformError('unreachable', BAD_TOKEN, { retryAfterMs: REVOKED_RETRY_MS });
  }
  if (code === 409) {
    const advice = 'stop the other program or its webhook, or give each program its own bot';
    return new PlatformError('unreachable', `this token is used elsewhere (${said}): ${advice}`);
  }
  if (code === 429 || code >= 500) {
    const after = parameters.retry_after;
    const wish = after === undefined ? {} : { retryAfterMs: after * 1_000 };
    const what = `Telegram cannot take ${method} now (${code}: ${said})`;
    return new PlatformError('unreachable', what, wish);
  }
  const moved = parameters.migrate_to_chat_id;
  const hint =
    moved === undefined ? '' : `; the group's id is now ${moved}: use it in the configuration`;
  return new PlatformError('refused', `Telegram refused ${method} (${code}: ${said})${hint}`);
}

/** There was no answer, or none that Telegram would give. */
export function unreachedError(method: string, error: unknown): PlatformError {
  const what = `Telegram was not reached for ${method}: ${networkReason(error)}`;
  return new PlatformError('unreachable', what);
}

function networkReason(error: unknown): string {
  if (typeof error === 'object' && error !== null) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    if ('type' in error && error.type === 'invalid-json') return 'the answer is not JSON';
    if ('message' in error && /timed out/.test(String(error.message))) return 'no answer in time';
  }
  return 'the connection failed';
}
