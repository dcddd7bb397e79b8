// The chats where approvers see what waits: the configured ones of each platform, and where none
// are configured the approvers' own direct chats.
import type { ChatAddress, Identity } from '../bus/messages.ts';

/** The one chat of the terminal. */
export const TERMINAL: ChatAddress = { platform: 'console', chat: 'terminal' };

export function createAudience(options: {
  /** Platforms that run, with their configured chats. */
  readonly platforms: ReadonlyMap<string, readonly string[]>;
  readonly approvers: readonly Identity[];
  readonly terminal: boolean;
}): () => readonly ChatAddress[] {
  const chats: ChatAddress[] = options.terminal ? [TERMINAL] : [];
  for (const [platform, configured] of options.platforms) {
    const prefix = `${platform}:`;
    // On the platforms known so far a direct chat has the id of the person in it.
    const direct = options.approvers
      .filter((id) => id.startsWith(prefix))
      .map((id) => id.slice(prefix.length));
    for (const chat of configured.length > 0 ? configured : direct) chats.push({ platform, chat });
  }
  return () => chats;
}
