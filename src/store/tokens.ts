// The tokens that Countersign made itself: their names, roles and SHA-256, never themselves.
import type { Database } from './database.ts';
import { tokens } from './schema.ts';

/** A kept token. `hash` is the lower-case hex SHA-256 of its text. */
export interface KeptToken {
  readonly name: string;
  readonly role: string;
  readonly hash: string;
}

export async function keptTokens(db: Database): Promise<KeptToken[]> {
  return db.select({ name: tokens.name, role: tokens.role, hash: tokens.hash }).from(tokens);
}

export async function keepToken(db: Database, token: KeptToken, atMs: number): Promise<void> {
  await db.insert(tokens).values({ ...token, createdAt: atMs });
}
