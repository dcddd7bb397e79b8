// A real pg.Pool whose clients talk to one PGlite instead of a socket, so that drizzle, BullMQ and
// raw queries see node-postgres and nothing else. PGlite is ONE session: a client that leaves a
// transaction open keeps every other client waiting until it ends, and session settings
// (search_path, LISTEN, prepared statements) are everybody's.
import { EventEmitter } from 'node:events';
import { type PGlite, protocol } from '@electric-sql/pglite';
import pg from 'pg';
import { type Turn, Turns } from './turns.ts';

/** Longer than any honest transaction: whoever waits this long waits for itself. */
const TURN_TIMEOUT_MS = 60_000;

// Clients cost nothing here, and BullMQ keeps one for each worker: no reason to run out.
const CLIENTS = 1000;

type Bind = NonNullable<Parameters<typeof protocol.serialize.bind>[0]>;

/** What all connections of one PGlite share. */
interface Session {
  readonly db: PGlite;
  readonly turns: Turns;
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements: Record<string, string>;
}

/**
 * Stands in for pg's own Connection: the same methods and events, the messages gathered up to the
 * Sync (or simple Query) that ends them and then handed to PGlite in one call.
 */
class PgliteConnection extends EventEmitter {
  readonly #session: Session;
  readonly #forget: () => void;
  #messages: Uint8Array[] = [];
  #turn: Turn | null = null;
  #ended = false;
  // Read and written by pg.Client.
  _connecting = false;
  _ending = false;
  readonly stream = { destroy: () => this.end() };
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements: Record<string, string>;

  constructor(session: Session) {
    super();
    this.#session = session;
    this.parsedStatements = session.parsedStatements;
    this.submittedNamedStatements = session.submittedNamedStatements;
    this.#forget = session.db.onNotification((channel, payload) => {
      this.emit('notification', { name: 'notification', channel, payload, processId: 0 });
    });
  }

  connect(): void {
    this._connecting = true;
    process.nextTick(() => this.emit('readyForQuery', { name: 'readyForQuery', status: 'I' }));
  }

  query(text: string): void {
    this.#messages.push(protocol.serialize.query(text));
    this.#send();
  }

  parse(query: { name?: string; text: string }): void {
    // Without `types`: pg leaves its result parsers there, which are no parameter types.
    this.#messages.push(protocol.serialize.parse({ name: query.name ?? '', text: query.text }));
  }

  bind(config: Bind): void {
    this.#messages.push(protocol.serialize.bind(config));
  }

  describe(message: { type: 'S' | 'P'; name?: string }): void {
    this.#messages.push(protocol.serialize.describe(message));
  }

  execute(config: { portal?: string; rows?: number }): void {
    this.#messages.push(protocol.serialize.execute(config));
  }

  close(message: { type: 'S' | 'P'; name?: string }): void {
    this.#messages.push(protocol.serialize.close({ type: message.type, name: message.name ?? '' }));
  }

  sync(): void {
    this.#messages.push(protocol.serialize.sync());
    this.#send();
  }

  flush(): void {
    this.#messages.push(protocol.serialize.flush());
    this.#send();
  }

  sendCopyFail(reason: string): void {
    this.#messages.push(protocol.serialize.copyFail(reason));
    this.#send();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this._ending = true;
    this.#forget();
    this.abandon();
    process.nextTick(() => this.emit('end'));
  }

  ref(): void {}
  unref(): void {}

  /** Ends the transaction of a client that was given back in the middle of one. */
  abandon(): void {
    if (this.#turn === null) return;
    const turn = this.#turn;
    this.#turn = null;
    this.#session.db
      .execProtocolStream(protocol.serialize.query('ROLLBACK'), { throwOnError: false })
      .catch(() => undefined)
      .finally(() => turn.release());
  }

  #send(): void {
    const message = this.#messages.length === 1 ? this.#messages[0] : Buffer.concat(this.#messages);
    this.#messages = [];
    if (message === undefined) return;
    if (this.#turn !== null) {
      this.#exchange(message);
      return;
    }
    this.#session.turns.take((turn) => {
      if (turn === null) {
        this.#refuse();
      } else if (this.#ended) {
        turn.release();
      } else {
        this.#turn = turn;
        this.#exchange(message);
      }
    });
  }

  #exchange(message: Uint8Array): void {
    this.#session.db.execProtocolStream(message, { throwOnError: false }).then(
      (answers) => {
        // Freed first: what the answers set off may want the session at once.
        const last = answers.findLast((answer) => answer.name === 'readyForQuery');
        if (last !== undefined && 'status' in last && last.status === 'I') this.#giveBack();
        for (const answer of answers) {
          // Notifications reach every client through onNotification.
          if (answer.name === 'notification') continue;
          this.emit(answer.name === 'error' ? 'errorMessage' : answer.name, answer);
        }
      },
      (error: unknown) => {
        this.#giveBack();
        this.emit('error', error);
      },
    );
  }

  #giveBack(): void {
    this.#turn?.release();
    this.#turn = null;
  }

  #refuse(): void {
    const error = new Error(
      `waited ${TURN_TIMEOUT_MS / 1000} s for the embedded database: another transaction is still ` +
        'open (inside a transaction use its own handle, never the store again)',
    );
    this.emit('errorMessage', Object.assign(error, { code: '55P03', severity: 'ERROR' }));
    this.emit('readyForQuery', { name: 'readyForQuery', status: 'I' });
  }
}

/** A pool over one PGlite, which stays its caller's: end the pool first, then close PGlite. */
export function openPglitePool(db: PGlite): pg.Pool {
  const session: Session = {
    db,
    turns: new Turns(TURN_TIMEOUT_MS),
    parsedStatements: {},
    submittedNamedStatements: {},
  };
  const connections = new WeakMap<pg.ClientBase, PgliteConnection>();
  class PgliteClient extends pg.Client {
    constructor() {
      const connection = new PgliteConnection(session);
      // The option exists, its type does not: pg's own tests put connections in this way.
      super({ connection } as unknown as pg.ClientConfig);
      connections.set(this, connection);
    }
  }
  const pool = new pg.Pool({ Client: PgliteClient, max: CLIENTS, idleTimeoutMillis: 0 } as never);
  // BullMQ adds one listener for each queue and worker.
  pool.setMaxListeners(0);
  pool.on('release', (_error, client) => connections.get(client)?.abandon());
  return pool;
}
