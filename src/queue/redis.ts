// The connections to Redis, and whether that Redis will do. Only this file uses ioredis.
import { Redis } from 'ioredis';
import { errorLine, QueueError } from './errors.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** A command on a lost Redis fails after this long; the store puts back what was missed. */
const COMMAND_TIMEOUT_MS = 4000;
const MINIMUM_VERSION = [6, 2] as const;

export interface RedisConnections {
  /** For adding, promoting, looking: fails within seconds when Redis is away. */
  readonly commands: Redis;
  /** For one consumer: waits for Redis as long as it takes. `cut` breaks it at once. */
  consumer(): { readonly connection: Redis; cut(): void };
  /** For people: without user and password. */
  readonly shown: string;
  /** What is wrong with this Redis although it works, or null. */
  readonly warning: string | null;
  close(): void;
}

/** Tries the server, checks version and eviction policy, and opens the connections. */
export async function openRedis(
  url: string,
  log: (line: string) => void,
): Promise<RedisConnections> {
  const shown = describe(url);
  const warning = await checkServer(url, shown);
  if (warning !== null) log(`WARNING: ${warning}`);
  const opened = new Set<Redis>();
  const watch = (redis: Redis) => {
    let away = false;
    opened.add(redis);
    redis.on('ready', () => {
      if (away) log(`${shown}: connected again`);
      away = false;
    });
    redis.on('reconnecting', () => {
      if (!away) log(`${shown}: connection lost, trying again`);
      away = true;
    });
    // The reason of a loss; that it is lost was said above.
    redis.on('error', () => undefined);
    redis.on('end', () => opened.delete(redis));
    return redis;
  };
  const open = (options: { commandTimeout?: number }) =>
    watch(
      new Redis(url, {
        connectTimeout: CONNECT_TIMEOUT_MS,
        retryStrategy: (times: number) => Math.min(50 * times, 1000),
        maxRetriesPerRequest: null,
        ...options,
      }),
    );
  return {
    commands: open({ commandTimeout: COMMAND_TIMEOUT_MS }),
    consumer() {
      const connection = open({});
      const own = [connection];
      // BullMQ makes itself a second one to block on, and loses it when Redis is away.
      const duplicate = connection.duplicate.bind(connection);
      connection.duplicate = (override) => {
        const second = watch(duplicate(override));
        own.push(second);
        return second;
      };
      return {
        connection,
        cut() {
          for (const redis of own) redis.disconnect();
        },
      };
    },
    shown,
    warning,
    close() {
      for (const redis of opened) redis.disconnect();
    },
  };
}

async function checkServer(url: string, shown: string): Promise<string | null> {
  const probe = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  });
  let first: unknown = null;
  probe.on('error', (error) => {
    first ??= error;
  });
  try {
    await probe.connect();
    return judge(await probe.info(), shown);
  } catch (error) {
    if (error instanceof QueueError) throw error;
    throw unreachable(shown, first ?? error);
  } finally {
    probe.disconnect();
  }
}

function judge(info: string, shown: string): string | null {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (field('loading') === '1') {
    throw new QueueError(
      'unreachable',
      `${shown} is still loading its data: try again in a moment`,
    );
  }
  if (field('role') === 'slave') {
    throw new QueueError('unsuitable', `${shown} is a replica: give the address of its primary`);
  }
  const version = field('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < MINIMUM_VERSION[0] || (major === MINIMUM_VERSION[0] && minor < MINIMUM_VERSION[1])) {
    throw new QueueError(
      'unsuitable',
      `${shown} is version ${version}: Redis ${MINIMUM_VERSION.join('.')} or newer is needed`,
    );
  }
  const policy = field('maxmemory_policy');
  if (policy === undefined || policy === 'noeviction') return null;
  // Not refused: what Redis forgets the store puts back, only late.
  return (
    `${shown} may throw jobs away when its memory is full (maxmemory-policy ${policy}): set it to ` +
    'noeviction (redis-cli config set maxmemory-policy noeviction, and in redis.conf)'
  );
}

function describe(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw badUrl();
  }
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') throw badUrl();
  return `Redis at ${parsed.host || 'localhost:6379'}`;
}

function badUrl(): QueueError {
  return new QueueError(
    'unreachable',
    'the queue address is not one: write redis://user:password@host:6379/0 (rediss:// for TLS), ' +
      'with special characters of the password percent-encoded',
  );
}

function unreachable(shown: string, error: unknown): QueueError {
  const why = errorLine(error);
  const advice = /NOAUTH|WRONGPASS|NOPERM/.test(why)
    ? 'Correct user and password'
    : 'Start it, or correct the address; without one the queue lives in the store';
  return new QueueError('unreachable', `${shown} cannot be used: ${why}. ${advice}`);
}
