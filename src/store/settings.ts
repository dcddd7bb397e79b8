// Single facts of a deployment.
import { eq } from 'drizzle-orm';
import type { Database } from './database.ts';
import { settings } from './schema.ts';

/** The id of this deployment, made on first use: it names its queue where several share a Redis. */
export async function instanceId(db: Database, candidate: string): Promise<string> {
  await db.insert(settings).values({ key: 'instance', value: candidate }).onConflictDoNothing();
  const [row] = await db.select().from(settings).where(eq(settings.key, 'instance'));
  return String(row?.value ?? candidate);
}
