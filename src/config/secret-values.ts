// The values of all secrets of a configuration: for those who must keep them out of what is shown.
import { Secret } from '../secrets/secret.ts';
import type { Config } from './schema.ts';

/** Every secret in it, each once. Never log, keep or send them. */
export function secretValues(config: Config): string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (value instanceof Secret) found.add(value.reveal());
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
  };
  look(config);
  return [...found];
}
