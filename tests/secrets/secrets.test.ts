// Secrets: how they are found, what is refused and with which words, and that they never print.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSecretFile, SECRET_LIMIT_BYTES } from '../../src/secrets/file.ts';
import { resolveSecret } from '../../src/secrets/reference.ts';
import { Secret } from '../../src/secrets/secret.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function secretFile(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function resolved(reference: unknown, env: Record<string, string> = {}): string {
  const answer = resolveSecret(reference, { env, home: folder, folder, cwd: folder });
  return answer.ok ? `secret: ${answer.secret.reveal()}` : answer.why;
}

describe('a Secret', () => {
  const secret = new Secret('hunter2-hunter2');

  test('prints as [secret] however it is printed', () => {
    expect([
      String(secret),
      `${secret as unknown as string}`,
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }),
      inspect(secret, { showHidden: true, customInspect: false }),
      format('%s %o %O %j', secret, secret, secret, secret),
      Object.values(secret).join(),
      JSON.stringify(structuredClone({ secret })),
    ]).toEqual([
      '[secret]',
      '[secret]',
      '{"secret":"[secret]"}',
      '{ deep: { secret: [secret] } }',
      'Secret {}',
      '[secret] [secret] [secret] "[secret]"',
      '',
      '{"secret":{}}',
    ]);
  });

  test('reveals its text to whoever asks for it', () => {
    expect(secret.reveal()).toBe('hunter2-hunter2');
  });
});

describe('a reference', () => {
  test('to a variable gives its value', () => {
    expect(resolved({ env: 'TOKEN' }, { TOKEN: 'abc' })).toBe('secret: abc');
  });

  test('to a variable honours NAME_FILE, from the working folder', () => {
    secretFile('token', 'abc\n');
    expect(resolved({ env: 'TOKEN' }, { TOKEN_FILE: 'token' })).toBe('secret: abc');
  });

  test('to a variable that is set twice, empty or missing is refused by name', () => {
    expect([
      resolved({ env: 'TOKEN' }, { TOKEN: 'a', TOKEN_FILE: '/b' }),
      resolved({ env: 'TOKEN' }, { TOKEN: '' }),
      resolved({ env: 'TOKEN' }, { TOKEN_FILE: '' }),
      resolved({ env: 'TOKEN' }),
      resolved({ env: 'TOKEN' }, { TOKEN_FILE: join(folder, 'none') }),
      resolved({ env: 'NOT A NAME' }),
    ]).toEqual([
      'TOKEN and TOKEN_FILE are both set: unset one of them',
      'the variable TOKEN is empty',
      'the variable TOKEN_FILE is empty',
      'the variable TOKEN is not set (nor TOKEN_FILE): set one of them',
      `TOKEN_FILE: there is no file ${join(folder, 'none')}`,
      '"env" must be the name of a variable, such as TELEGRAM_BOT_TOKEN',
    ]);
  });

  test('to a file starts from the configuration, knows ~ and drops one newline', () => {
    secretFile('token', 'two\nlines\n');
    expect(resolved({ file: 'token' })).toBe('secret: two\nlines');
    expect(resolved({ file: '~/token' })).toBe('secret: two\nlines');
  });

  test('never holds the secret itself, and the refusal does not repeat it', () => {
    const literals = ['123456:AAAA-real-token', 4711, true, ['x'], null, undefined];
    const answers = literals.map((literal) => resolved(literal));
    expect(answers.slice(0, 4)).toEqual(
      Array.from({ length: 4 }, () =>
        expect.stringMatching(/^must not hold the secret itself.*\{ env: NAME \}/),
      ),
    );
    expect(answers.slice(4)).toEqual(
      Array.from({ length: 2 }, () => 'is missing: write { env: NAME } or { file: PATH }'),
    );
    expect(answers.join()).not.toMatch(/AAAA|4711/);
  });

  test('of another kind is refused with the kinds there are', () => {
    expect([
      resolved({ secret: 'NAME' }),
      resolved({ evn: 'NAME' }),
      resolved({}),
      resolved({ env: 'A', file: 'B' }),
      resolved({ file: '' }),
      resolved({ env: 5 }),
    ]).toEqual([
      '{ secret: NAME } needs the encrypted secrets file, which this version does not have yet: write { env: NAME } or { file: PATH }',
      '"evn" is no kind of reference: write { env: NAME } or { file: PATH }',
      'must be exactly one of { env: NAME } or { file: PATH }',
      'must be exactly one of { env: NAME } or { file: PATH }',
      '"file" must name a file',
      '"env" must name a variable',
    ]);
  });
});

describe('a secret file', () => {
  const why = (path: string) => {
    const answer = readSecretFile(path);
    return answer.ok ? 'accepted' : answer.why;
  };

  test('that others may read or change is refused with the chmod to run', () => {
    const modes = [0o600, 0o400, 0o640, 0o604, 0o620, 0o666];
    expect(modes.map((mode) => why(secretFile(`m${mode.toString(8)}`, 'x', mode)))).toEqual([
      'accepted',
      'accepted',
      ...['640', '604', '620', '666'].map((mode) => {
        const path = join(folder, `m${mode}`);
        return `${path} can be read or changed by other users (mode 0${mode}): run \`chmod 600 ${path}\``;
      }),
    ]);
  });

  test('has the chmod quoted where its name needs it', () => {
    expect(why(secretFile("it's $HOME", 'x', 0o644))).toContain(
      `chmod 600 '${folder}/it'\\''s $HOME'`,
    );
  });

  test('that is no usable file is refused with the reason', () => {
    mkdirSync(join(folder, 'dir'));
    execFileSync('mkfifo', ['-m', '600', join(folder, 'fifo')]);
    const paths = [
      join(folder, 'dir'),
      join(folder, 'fifo'),
      join(folder, 'none'),
      secretFile('empty', '\n'),
      secretFile('nul', 'a\0b'),
      secretFile('latin1', Uint8Array.of(0xe9)),
      secretFile('large', 'x'.repeat(SECRET_LIMIT_BYTES + 1)),
    ];
    expect(paths.map((path) => why(path).replace(folder, ''))).toEqual([
      '/dir is not a regular file',
      '/fifo is not a regular file',
      'there is no file /none',
      '/empty is empty',
      '/nul holds a NUL character',
      '/latin1 is not UTF-8 text',
      '/large is larger than 64 KiB: that is not a secret',
    ]);
  });

  test('may be as large as the limit', () => {
    expect(why(secretFile('full', 'x'.repeat(SECRET_LIMIT_BYTES)))).toBe('accepted');
  });
});
