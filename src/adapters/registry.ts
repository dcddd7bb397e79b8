// The chat platforms that the configuration may name. A new one is a file beside this, a line here
// and a test that runs the contract. The terminal is not here: it is always there.
import type { z } from 'zod';
import type { Adapter } from '../bus/adapter.ts';
import type { AdapterPorts, SecretText } from './ports.ts';
import { createTelegram } from './telegram.ts';
import { telegramOptions } from './telegram-options.ts';

/** One platform: what may be configured, and what comes of it. */
export interface AdapterEntry<Schema extends z.ZodType<{ readonly chats: readonly string[] }>> {
  /**
   * The schema of this platform's options. Its secret fields take the schema given: the
   * configuration passes one that reads a reference and gives the secret.
   */
  readonly options: (secret: z.ZodType<SecretText>) => Schema;
  /** Builds the adapter; nothing connects before its `start`. */
  readonly create: (options: z.output<Schema>, ports: AdapterPorts) => Adapter;
}

function entry<Schema extends z.ZodType<{ readonly chats: readonly string[] }>>(
  options: AdapterEntry<Schema>['options'],
  create: AdapterEntry<Schema>['create'],
): AdapterEntry<Schema> {
  return { options, create };
}

/** By the key they have in the configuration, which is also their platform name. */
export const registry = {
  telegram: entry(telegramOptions, createTelegram),
} as const;
