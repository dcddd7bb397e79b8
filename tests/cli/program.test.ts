// The command line as a whole: usage errors, help, options of everybody, a control plane that is
// not there or is no Countersign.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ran } from './recording-terminal.ts';

let root: string;
const servers: Server[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
});
afterAll(async () => {
  for (const server of servers) {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
  await rm(root, { recursive: true, force: true });
});

const COMMANDS = [
  'start',
  'run',
  'pending',
  'show',
  'approve',
  'reject',
  'history',
  'policy check',
  'policy list',
  'policy add',
  'policy remove',
  'audit verify',
  'audit list',
  'check',
  'doctor',
];

describe('help', () => {
  test.each(COMMANDS)(
    'of %s is on standard output, with the options of everybody',
    async (name) => {
      const { code, out, err } = await ran([...name.split(' '), '--help']);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(/^Usage: countersign /);
      expect(out).toContain('--data <dir>');
      expect(out).toContain('--config <file>');
      if (name !== 'start') expect(out).toContain('--json');
    },
  );

  test('of the whole names every command and the exit codes', async () => {
    const { code, out } = await ran(['--help']);
    expect(code).toBe(0);
    for (const name of COMMANDS) expect(out).toContain(`  ${name.split(' ')[0]} `);
    expect(out).toContain('4 expired');
  });

  test('without any command is a mistake', async () => {
    const { code, out, err } = await ran([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^Usage: countersign/);
  });

  test('fits a narrow terminal as well as it can', async () => {
    expect((await ran(['run', '--help'], { columns: 20 })).code).toBe(0);
  });
});

describe('wrong use ends with 2 and says what was meant', () => {
  test.each([
    [['rnu'], "unknown command 'rnu'\n(Did you mean run?)"],
    [['policy', 'chekc'], "unknown command 'chekc'\n(Did you mean check?)"],
    [['pending', '--jsn'], "unknown option '--jsn'\n(Did you mean --json?)"],
    [['show'], "missing required argument 'id'"],
    [['pending', 'x'], 'too many arguments'],
    [['history', '--limit', '0'], '--limit "0": write a whole number from 1 to 500'],
    [['history', '--limit', '1e3'], 'from 1 to 500'],
    [['history', '--state', 'pending,lost'], '--state "lost": known are pending'],
    [['policy', 'add', 'permit', 'ls'], '"permit" is no effect: write allow, ask, deny'],
    [['audit', 'list', '--limit', 'many'], 'from 1 to 10000'],
    [['--data'], "option '--data <dir>' argument missing"],
  ])('%j', async (argv, told) => {
    const { code, out, err } = await ran(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`error: ${told.split('\n')[0]}`.replace('error: from', 'from'));
    expect(err).toContain(told.split('\n')[1] ?? '');
  });

  test('and shows a hostile argument without letting it paint', async () => {
    const { err } = await ran(['\x1b[2Jx']);
    expect(err).not.toContain('\x1b');
  });
});

test('--version is one line', async () => {
  expect(await ran(['--version'])).toEqual({
    code: 0,
    out: expect.stringMatching(/^countersign \d+\.\d+\.\d+\n$/),
    err: '',
  });
});

describe('where the data folder is', () => {
  const told = (dir: string) =>
    `error: no control plane is running for ${dir}: start one with \`countersign start\`\n`;

  test.each([
    [['--data', '/a', 'pending'], {}, '/a'],
    [['pending', '--data', '/b'], { COUNTERSIGN_DATA: '/c' }, '/b'],
    [['--data', '/a', 'pending', '--data', '/b'], {}, '/b'],
    [['pending'], { COUNTERSIGN_DATA: '/c' }, '/c'],
    [['pending'], { XDG_STATE_HOME: '/x' }, '/x/countersign'],
    [['pending'], {}, '/home/u/.local/state/countersign'],
  ])('%j with %j is %s', async (argv, env, dir) => {
    const { code, err } = await ran(argv, { env: env as Record<string, string>, home: '/home/u' });
    expect([code, err]).toEqual([3, told(dir)]);
  });
});

describe('a control plane that cannot be used: exit 3 and what to do', () => {
  const folder = async (text: string | Uint8Array) => {
    const dir = await mkdtemp(join(root, 'd-'));
    await writeFile(join(dir, 'gateway.json'), text);
    return dir;
  };
  const place = (socket: string) =>
    JSON.stringify({ pid: 1, socket, host: '127.0.0.1', port: 1, url: 'http://127.0.0.1:1' });
  const pending = (data: string, ...more: string[]) => ran(['pending', '--data', data, ...more]);

  test.each([
    ['broken JSON', '{"pid": 1', 'is damaged. Start the control plane again'],
    ['another shape', '{"pid":"1"}', 'is damaged'],
    ['a relative socket', place('x.sock'), 'is damaged'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'is damaged'],
    ['nothing', '', 'is damaged'],
    ['too much', ' '.repeat(1024 * 1024 + 1), 'larger than 1 MiB'],
  ])('gateway.json holds %s', async (_name, text, told) => {
    const { code, out, err } = await pending(await folder(text));
    expect([code, out]).toEqual([3, '']);
    expect(err).toContain(told);
  });

  test('gateway.json is a folder', async () => {
    const dir = await mkdtemp(join(root, 'd-'));
    await mkdir(join(dir, 'gateway.json'));
    const { code, err } = await pending(dir);
    expect(code).toBe(3);
    expect(err).toContain('this is a folder');
  });

  test('its socket is dead', async () => {
    const dir = await folder(place('/nonexistent/gateway.sock'));
    const { code, out, err } = await pending(dir, '--json');
    const message = `no control plane is running for ${dir}: start one with \`countersign start\``;
    expect([code, err]).toEqual([3, `error: ${message}\n`]);
    expect(JSON.parse(out)).toEqual({ error: { code: 'unreachable', message } });
  });

  test('something else answers, or hangs up', async () => {
    for (const [body, told] of [
      ['<html>', 'is no Countersign'],
      [null, 'the connection to the control plane was lost'],
    ] as const) {
      const socket = join(await mkdtemp(join(root, 's-')), 'x.sock');
      const server = createServer((request, response) => {
        if (body === null) request.socket.destroy();
        else response.end(body);
      });
      servers.push(server);
      await new Promise<void>((resolve) => {
        server.listen(socket, resolve);
      });
      const { code, err } = await pending(await folder(place(socket)));
      expect(code).toBe(3);
      expect(err).toContain(told);
    }
  });
});
