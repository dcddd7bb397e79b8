// A process of its own: makes one new database in the folder named on its command line, and ends.
// Started by pglite.ts only.
import { PGlite } from '@electric-sql/pglite';
import { PGLITE_OPTIONS } from './pglite.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('pglite-create needs the folder to make');

// Whoever started us is gone: leave, or the memory stays taken.
process.stdin.resume().on('end', () => process.exit(1));

const db = await PGlite.create(folder, PGLITE_OPTIONS);
await db.close();
process.exit(0);
