// Loads the configuration: one file in, one frozen object out, or every mistake at once. The only
// reader of the file and of the variables that it refers to.
import { dirname, join } from 'node:path';
import { sha256Hex } from '../bus/action.ts';
import type { SecretSources } from '../secrets/reference.ts';
import { Secret } from '../secrets/secret.ts';
import { parseConfigText, readConfigFile } from './document.ts';
import { explainError, explainIssue, showPath } from './explain.ts';
import { exists, resolveConfigPath } from './locations.ts';
import { type Config, configSchema } from './schema.ts';

export interface LoadOptions {
  /** What `--config` said. */
  readonly path: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

export type LoadAnswer =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The file that was read; null where there is none and the defaults are used. */
      readonly source: string | null;
      /** SHA-256 (hex) of the file's bytes; of no bytes where there is no file. */
      readonly digest: string;
    }
  | { readonly ok: false; readonly problems: string[] };

/** More than anybody mends at once: then it is another kind of file. */
const PROBLEMS_AT_MOST = 100;

/** Who may decide when there is no configuration: whoever sits at the terminal of `start`. */
const WITHOUT_A_FILE = { approvers: [{ id: 'console:local', roles: ['owner'] }] };

/** Finds, reads and checks the configuration; resolves its secrets and paths. */
export function loadConfig(options: LoadOptions): LoadAnswer {
  const { env, cwd, home } = options;
  const source = resolveConfigPath({ flag: options.path, env, cwd });
  if (source === null) {
    const config = configSchema({ env, home, cwd, folder: cwd }).parse(WITHOUT_A_FILE);
    return { ok: true, config: deepFreeze(config), source: null, digest: sha256Hex('') };
  }
  const read = readConfigFile(source);
  if (!read.ok) return { ok: false, problems: [`${source}: ${read.problem}`] };

  const document = parseConfigText(read.bytes);
  if (!document.ok) {
    return {
      ok: false,
      problems: document.problems.map(({ line, text }) => at(source, line, text)),
    };
  }
  const sources: SecretSources = { env, home, cwd, folder: dirname(source) };
  const schema = configSchema(sources);
  const parsed = schema.safeParse(document.value, { error: explainIssue });
  if (!parsed.success) {
    const explained = explainError(parsed.error, schema, PROBLEMS_AT_MOST);
    const problems = explained.problems
      .map(({ path, text }) => ({
        line: document.lineAt(path),
        text: path.length === 0 ? `the file ${text}` : `${showPath(path)} ${text}`,
      }))
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
      .map(({ line, text }) => at(source, line, text));
    if (explained.omitted > 0) problems.push(`${source}: and ${explained.omitted} more mistakes`);
    return { ok: false, problems };
  }
  const beside = join(sources.folder, 'policies.yaml');
  const policies = parsed.data.policies ?? (exists(beside) ? beside : null);
  const config = deepFreeze({ ...parsed.data, policies });
  return { ok: true, config, source, digest: sha256Hex(read.bytes) };
}

function at(source: string, line: number | null, text: string): string {
  return `${source}${line === null ? '' : `:${line}`}: ${text}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Secret)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
