// The tokens that Countersign made itself: their names, roles and SHA-256, never themselves.
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { tokens } from './schema.ts';

/** A kept token. `hash` is the lower-case hex SHA-256 of its text. */
export interface KeptToken {
  readonly name: string;
  readonly role: string;
  readonly hash: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the schema's type parameter says nothing here.
export async function keptTokens(db: NodePgDatabase<any>): Promise<KeptToken[]> {
  return db.select({ name: tokens.name, role: tokens.role, hash: tokens.hash }).from(tokens);
}

export async function keepToken(
  // biome-ignore lint/suspicious/noExplicitAny: the schema's type parameter says nothing here.
  db: NodePgDatabase<any>,
  token: KeptToken,
  atMs: number,
): Promise<void> {
  await db.insert(tokens).values({ ...token, createdAt: atMs });
}
