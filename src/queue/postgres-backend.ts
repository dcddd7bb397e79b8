// BullMQ's backend on PostgreSQL, for workers that must not depend on a notification alone. By
// itself BullMQ sleeps for up to an hour once it listens, and believes that it listens although
// the connection broke in the very moment in which it began to.
import {
  type BackendFactory,
  PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
} from 'bullmq';

/** The longest that a lost notification may hold up a job, in seconds: one short query. */
const LOOK_EVERY_S = 5;

class WatchfulBackend extends PostgresQueueBackend {
  #deaf = false;

  constructor(...args: ConstructorParameters<typeof PostgresQueueBackend>) {
    super(...args);
    this.connection.on('listenerinvalidated', () => {
      this.#deaf = true;
    });
  }

  override get maximumBlockTimeout(): number {
    return LOOK_EVERY_S;
  }

  override async waitForJob(blockTimeoutS: number) {
    if (this.#deaf && this.closing === undefined) {
      this.#deaf = false;
      // Forgets that it listens, so that the wait below says LISTEN on the new connection.
      await this.reconnectBlocking();
    }
    return super.waitForJob(blockTimeoutS);
  }
}

/** Builds the backend over a pool; for queues and workers alike. */
export const watchfulBackend: BackendFactory<PostgresQueueBackend, PostgresConnectionOptions> = (
  name,
  options,
) => new WatchfulBackend(new PostgresConnection(options.connection), name, options);
