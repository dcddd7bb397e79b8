// Every key of the configuration, in one strict schema. Options that belong to somebody else (the
// adapters') live with their owners and are only assembled here. Messages say what to write.
import { z } from 'zod';
import { SandboxProfile } from '../bus/action.ts';
import { Identity } from '../bus/messages.ts';
import { Role } from '../bus/people.ts';
import { expandPath, type SecretSources, secretSchema } from '../secrets/reference.ts';
import type { Secret } from '../secrets/secret.ts';
import { DEFAULT_LIMITS, type Limits } from '../workers/sandbox.ts';
import { adapterOptions } from './adapters.ts';
import { duration, size } from './quantities.ts';
import { connectionUrl, isLoopback, repeated, whole } from './rules.ts';

/** What an approver may be: whoever only submits is in `requesters`. */
const ApproverRole = Role.exclude(['requester']);

/** What a token may do. */
export const TokenRole = z.enum(['requester', 'approver', 'worker']);
export type TokenRole = z.infer<typeof TokenRole>;

/** Characters of the shortest token that is long enough not to be guessed. */
export const TOKEN_LENGTH_LEAST = 16;

// Without this a check across keys is skipped when any key is wrong, and its complaint would come
// only after the others were mended. Such a check must take values of the wrong type.
const EVEN_WHEN_WRONG = { when: () => true };

/** A section: may be left out, or be there with everything in it commented out. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess((written) => written ?? {}, z.strictObject(shape)).prefault({});
}

const Gateway = section({
  host: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  port: whole(0, 65_535).default(18_790),
  allowRemote: z.boolean().default(false),
}).superRefine((gateway, context) => {
  if (gateway.allowRemote === true || isLoopback(gateway.host)) return;
  const message = `must be 127.0.0.1, ::1 or localhost, because other machines could reach ${gateway.host}: if that is meant, write \`allowRemote: true\` beside it`;
  context.addIssue({ code: 'custom', path: ['host'], message });
}, EVEN_WHEN_WRONG);

const Approvers = z
  .array(
    z.strictObject({
      id: Identity,
      name: z.string().min(1, 'must not be empty').max(100).optional(),
      roles: z.array(ApproverRole).default(['approver']),
    }),
  )
  .superRefine((approvers, context) => repeated(approvers, 'id', context), EVEN_WHEN_WRONG)
  .default([]);

const SandboxLimits = section({
  processes: whole(1, 100_000).default(DEFAULT_LIMITS.processes),
  memory: size('16 MiB', '4096 GiB').prefault('1 GiB'),
  openFiles: whole(16, 1_000_000).default(DEFAULT_LIMITS.openFiles),
  stack: size('64 KiB', '4 GiB').prefault('8 MiB'),
  cpus: z.number().min(0.01).max(1024).default(DEFAULT_LIMITS.cpus),
  wall: duration('1s', '20d').prefault('5m'),
  output: size('1 KiB', '16 MiB').prefault('1 MiB'),
}).transform(
  (limits): Limits => ({
    processes: limits.processes,
    memoryBytes: limits.memory,
    openFiles: limits.openFiles,
    stackBytes: limits.stack,
    cpus: limits.cpus,
    wallMs: limits.wall,
    outputBytes: limits.output,
  }),
);

function tokens(secret: z.ZodType<Secret>) {
  return z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits, dots, - or _'),
        role: TokenRole,
        secret: secret.refine(
          (token) => token.reveal().length >= TOKEN_LENGTH_LEAST,
          `is shorter than ${TOKEN_LENGTH_LEAST} characters, so it could be guessed: make one with \`openssl rand -hex 32\``,
        ),
      }),
    )
    .superRefine((items, context) => {
      repeated(items, 'name', context);
      repeated(items, 'secret', context);
    }, EVEN_WHEN_WRONG)
    .default([]);
}

/** The shape of the whole file; secrets and paths are resolved while it is parsed. */
export function configSchema(sources: SecretSources) {
  const secret = secretSchema(sources);
  const path = z
    .string()
    .min(1, 'must not be empty')
    .refine((text) => !text.includes('\0'), 'holds a NUL character')
    .transform((text) => expandPath(text, sources.home, sources.folder));
  const server = (...schemes: string[]) =>
    section({ url: connectionUrl(schemes, sources).nullable().default(null) });

  return z.strictObject({
    gateway: Gateway,
    store: server('postgres', 'postgresql'),
    queue: server('redis', 'rediss'),
    approvers: Approvers,
    requesters: z.array(Identity).default([]),
    tokens: tokens(secret),
    adapters: section(adapterOptions(secret)),
    approvals: section({
      expireAfter: duration('1s', '20d').prefault('30m'),
      claimWithin: duration('1s', '20d').prefault('10m'),
      selfApproval: z.boolean().default(false),
    }),
    workspaces: z.array(path).default([]),
    sandbox: section({
      backend: z.enum(['bubblewrap']).default('bubblewrap'),
      profile: SandboxProfile.default('moderate'),
      limits: SandboxLimits,
      readable: z.array(path).default([]),
    }),
    workers: section({ concurrency: whole(1, 64).default(4) }),
    policies: path.nullable().default(null),
    guard: section({ strict: z.boolean().default(false) }),
    log: section({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    }),
    limits: section({
      messagesPerMinute: whole(1, 100_000).default(60),
      submissionsPerMinute: whole(1, 100_000).default(30),
      decisionsPerMinute: whole(1, 100_000).default(60),
    }),
  });
}

/** The parsed configuration. Durations are milliseconds, sizes bytes, paths absolute. */
export type Config = DeepReadonly<z.output<ReturnType<typeof configSchema>>>;

type DeepReadonly<T> = unknown extends T
  ? T
  : T extends Secret | string | number | boolean | null | undefined
    ? T
    : { readonly [K in keyof T]: DeepReadonly<T[K]> };
