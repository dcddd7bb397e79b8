// The plan of the house as data: who may import whom, which package has which owner, who may touch
// the outside world. Changing a line here is a decision; say why beside it.

/** What each folder of src may import besides itself. A folder without a row fails. */
export const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  bus: [],
  guard: ['bus'],
  policies: ['bus'],
  secrets: ['bus'],
  store: ['bus'],
  queue: ['bus'],
  // Its entries are rows of the one schema, which lives in the store.
  audit: ['bus', 'store'],
  adapters: ['bus', 'guard'],
  workers: ['bus', 'queue'],
  interlock: ['bus', 'store', 'audit', 'queue', 'policies'],
  chat: ['bus', 'guard', 'interlock', 'policies'],
  gateway: ['bus', 'guard', 'interlock', 'policies', 'secrets'],
  config: ['bus', 'secrets', 'adapters', 'workers'],
  cli: ['bus', 'guard', 'config', 'policies', 'store', 'audit', 'gateway', 'secrets'],
};

/** Folders of which another one may import types alone, because a port is written in them. */
export const FOLDER_TYPES: Readonly<Record<string, readonly string[]>> = {
  // Its routes answer with entries of the record, which app.ts reads for it.
  gateway: ['audit'],
};

/** Single files that may import more than their folder. */
export const FILES: Readonly<Record<string, readonly string[]>> = {
  // `doctor` tries for real whether the sandbox works here.
  'src/cli/doctor-machine.ts': ['workers'],
  // `card render` builds the card as the chats do.
  'src/cli/card.ts': ['chat'],
  // `policy check` writes an action as the cards do.
  'src/cli/policy-check.ts': ['interlock'],
  // The subcommand that builds the program and gives it the terminal.
  'src/cli/start.ts': ['adapters', 'app.ts', 'log.ts'],
};

/** Which files may import which package. A package of src without a row fails. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@electric-sql/pglite': ['src/store/'],
  '@hono/node-server': ['src/gateway/'],
  bullmq: ['src/queue/'],
  canonicalize: ['src/bus/action.ts'],
  commander: ['src/cli/', 'src/main.ts'],
  'drizzle-orm': ['src/store/', 'src/interlock/', 'src/audit/'],
  'drizzle-orm/node-postgres': ['src/store/'],
  'drizzle-orm/pg-core': ['src/store/', 'src/interlock/', 'src/audit/'],
  grammy: ['src/adapters/telegram.ts'],
  hono: ['src/gateway/'],
  ioredis: ['src/queue/'],
  'node:child_process': ['src/workers/', 'src/store/'],
  pg: ['src/store/'],
  pino: ['src/app.ts', 'src/log.ts'],
  'prom-client': ['src/metrics.ts'],
  re2js: ['src/policies/'],
  unbash: ['src/policies/'],
  yaml: ['src/policies/', 'src/config/'],
  zod: ['src/'],
};

/** Which files besides the owners may import types alone, because a port is written in them. */
export const PACKAGE_TYPES: Readonly<Record<string, readonly string[]>> = {
  // The store hands out one database; who writes in its transactions names its type.
  'drizzle-orm/node-postgres': ['src/audit/', 'src/interlock/'],
  // BullMQ's PostgreSQL backend takes a pool.
  pg: ['src/queue/'],
};

/** Where time, chance, the environment and the terminal may be used directly (I12). */
export const WORLD: readonly string[] = [
  'src/app.ts',
  'src/main.ts',
  'src/config/',
  'src/bus/clock.ts',
];

/** Names that say nothing of what is inside. */
export const BANNED_NAMES = /^(?:utils?|helpers?|common|misc|types|shared|lib)$/;

/** Lines of the longest file, by where it is: a test may list many cases. */
export const LONGEST: readonly (readonly [prefix: string, lines: number])[] = [
  ['tests/', 600],
  ['', 300],
];

/** Columns of the longest comment; the formatter sees to the code. */
export const WIDEST = 100;
