// References to secrets: what a configuration may write in a secret's place, and how it becomes a
// Secret. A configuration never holds a secret itself; nothing here ever prints one.
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readSecretFile, type SecretAnswer, secretFromText } from './file.ts';
import type { Secret } from './secret.ts';

/** What references are resolved against. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `~` in a path means. */
  readonly home: string;
  /** The folder that a relative path in the configuration starts from. */
  readonly folder: string;
  /** The folder that a relative path in a `NAME_FILE` variable starts from. */
  readonly cwd: string;
}

const FORMS = '{ env: NAME } or { file: PATH }';
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The absolute form of a path: `~` is the home folder, all else starts from `folder`. */
export function expandPath(path: string, home: string, folder: string): string {
  if (path === '~') return resolve(home);
  return resolve(folder, path.startsWith('~/') ? join(home, path.slice(2)) : path);
}

/** Resolves `{ env: NAME }` or `{ file: PATH }`; every refusal says what to write instead. */
export function resolveSecret(reference: unknown, sources: SecretSources): SecretAnswer {
  if (reference === undefined || reference === null) return refuse(`is missing: write ${FORMS}`);
  if (typeof reference !== 'object' || Array.isArray(reference)) {
    return refuse(
      `must not hold the secret itself, because configurations are copied, shown and committed: write ${FORMS}. If what stands here is a real secret, replace it by a new one`,
    );
  }
  const entries = Object.entries(reference);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    return refuse(`must be exactly one of ${FORMS}`);
  }
  const [kind, name] = entry;
  if (kind === 'secret') {
    return refuse(
      `{ secret: NAME } needs the encrypted secrets file, which this version does not have yet: write ${FORMS}`,
    );
  }
  if (kind !== 'env' && kind !== 'file') {
    return refuse(`"${kind}" is no kind of reference: write ${FORMS}`);
  }
  if (typeof name !== 'string' || name === '') {
    return refuse(`"${kind}" must name ${kind === 'env' ? 'a variable' : 'a file'}`);
  }
  return kind === 'env'
    ? fromEnvironment(name, sources)
    : readSecretFile(expandPath(name, sources.home, sources.folder));
}

/** A schema for a secret's place: takes a reference, gives the resolved Secret. */
export function secretSchema(sources: SecretSources) {
  return z.unknown().transform((reference, context): Secret => {
    const answer = resolveSecret(reference, sources);
    if (answer.ok) return answer.secret;
    context.issues.push({ code: 'custom', message: answer.why, input: undefined });
    return z.NEVER;
  });
}

function fromEnvironment(name: string, sources: SecretSources): SecretAnswer {
  if (!VARIABLE.test(name)) {
    return refuse('"env" must be the name of a variable, such as TELEGRAM_BOT_TOKEN');
  }
  const value = sources.env[name];
  const path = sources.env[`${name}_FILE`];
  if (value !== undefined && path !== undefined) {
    return refuse(`${name} and ${name}_FILE are both set: unset one of them`);
  }
  if (value !== undefined) return secretFromText(value, `the variable ${name}`);
  if (path === undefined) {
    return refuse(`the variable ${name} is not set (nor ${name}_FILE): set one of them`);
  }
  if (path === '') return refuse(`the variable ${name}_FILE is empty`);
  const answer = readSecretFile(resolve(sources.cwd, path));
  return answer.ok ? answer : refuse(`${name}_FILE: ${answer.why}`);
}

function refuse(why: string): SecretAnswer {
  return { ok: false, why };
}
