// What a person does with two terminals: ask in one, countersign in the other.
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireService } from '../services.ts';
import { type Plane, startPlane } from './program.ts';
import { endAll } from './spawned.ts';

const bubblewrap = requireService('bubblewrap');

const SOON = { timeout: 60_000, interval: 50 };
/** What moves the cursor, names the window or turns the text around. */
const FORBIDDEN = /[\p{Cc}\p{Bidi_Control}](?<!\n)/u;

describe.skipIf(!bubblewrap.available)(`two terminals${bubblewrap.note}`, () => {
  let plane: Plane;

  beforeAll(async () => {
    plane = await startPlane({ policies: 'version: 1\nrules:\n  - allow: echo *\n  - deny: id\n' });
  });
  afterAll(async () => {
    await plane?.close();
    await endAll();
  });

  it('what is approved in the first prints and ends in the second as if run there', async () => {
    const { id, run } = await plane.asks(['--', 'uname', '-a']);
    expect(run.stderr).toContain(`${id} waits for approval by console:local until `);
    expect(run.stdout).toBe('');
    await plane.shows(new RegExp(`${id} waits for approval[\\s\\S]*uname -a`));
    await plane.say(`!approve ${id}`, new RegExp(`${id} is approved by console:local`));
    const ended = await run.ended();
    expect(ended.stdout).toMatch(/^Linux .*\n$/);
    expect(ended.stderr).toContain('Approved by console:local.\n');
    expect(ended.code).toBe(0);
    await plane.shows(new RegExp(`${id} succeeded[\\s\\S]*Its output:\\s+Linux `));
  });

  it("ends with the command's own exit code, its errors on standard error", async () => {
    const { id, run } = await plane.asks(['--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    await plane.say(`!approve ${id}`, /is approved by/);
    const { code, stdout, stderr } = await run.ended();
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'out\n' });
    expect(stderr).toMatch(/\nApproved by console:local\.\nerr\n$/);
  });

  it('ends with 1 and the reason when it is rejected', async () => {
    const { id, run } = await plane.asks(['--', 'uname', '-r']);
    await plane.say(`!reject ${id} not on a Friday`, /is rejected by console:local/);
    const { code, stdout, stderr } = await run.ended();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      `${id} was rejected by console:local: not on a Friday. Nothing ran.\n`,
    );
  });

  it('ends with 4 when nobody answers in time, and is not approvable after', async () => {
    const { id, run } = await plane.asks(['--expires-in', '1s', '--', 'uname', '-r']);
    const { code, stdout, stderr } = await run.ended();
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain(`${id} expired: nobody decided in time. Nothing ran;`);
    await plane.say(`!approve ${id}`, new RegExp(`Too late to approve: ${id} was expired`));
    const late = await plane.command(['approve', id], {
      env: { COUNTERSIGN_TOKEN: plane.tokens.alice },
    });
    expect(late.code).toBe(4);
    expect(late.stderr).toContain(`Too late to approve: ${id} was expired`);
  });

  it('does not wait for what a rule allows, and does not run what a rule denies', async () => {
    expect(await plane.command(['run', '--', 'echo', 'hello'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'hello\n',
      stderr: '',
    });
    const denied = await plane.command(['run', '--', 'id']);
    expect({ code: denied.code, stdout: denied.stdout }).toEqual({ code: 1, stdout: '' });
    expect(denied.stderr).toMatch(/^[0-9A-Z]{5} was denied by policy: .*\. Nothing ran\.\n$/);
    // One denied command anywhere denies the line.
    const line = await plane.command(['run', '--shell', 'echo hello && id']);
    expect({ code: line.code, stdout: line.stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('Ctrl-C takes back what waits', async () => {
    const { id, run } = await plane.asks(['--', 'uname', '-r']);
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended();
    expect(code).toBe(130);
    expect(stderr).toContain(`${id} was cancelled. Nothing ran.\n`);
    await plane.say(`!approve ${id}`, new RegExp(`Too late to approve: ${id} was cancelled`));
  });

  it('Ctrl-C stops what runs', async () => {
    const { id, run } = await plane.asks(['--', 'sh', '-c', 'echo begun; sleep 1000']);
    await plane.say(`!approve ${id}`, /is approved by/);
    await run.until(/begun/);
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended();
    expect({ code, stderr }).toEqual({
      code: 143,
      stderr: expect.stringContaining(`${id} failed: stopped: its requester stopped it.\n`),
    });
  });

  it('takes input, variables and a folder along, and files belong to the owner of the folder', async () => {
    const folder = join(plane.workspace, 'project');
    await mkdir(folder);
    if (process.getuid?.() === 0) await chown(folder, 23_456, 23_456);
    await writeFile(join(folder, 'given'), 'here\n');
    const line = 'cat given; cat; echo "$GREETING $UNSET"; pwd; echo made > made; mkdir -p in/to';
    const { id, run } = await plane.asks(
      ['--stdin', '--env', 'GREETING=hello there', '--shell', line],
      { cwd: folder, input: 'piped\n', env: { UNSET: 'must not go along' } },
    );
    await plane.say(`!approve ${id}`, /is approved by/);
    const { code, stdout } = await run.ended();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `here\npiped\nhello there \n${folder}\n`,
    });
    expect(await readFile(join(folder, 'made'), 'utf8')).toBe('made\n');
    const owner = (await stat(folder)).uid;
    for (const name of ['made', 'in', 'in/to']) {
      expect((await stat(join(folder, name))).uid).toBe(owner);
    }
  });

  it('outside of the workspaces it runs in a folder of its own and says so', async () => {
    const answer = await plane.command(['run', '--', 'echo', 'hello'], { cwd: plane.folder });
    expect(answer).toEqual({
      code: 0,
      signal: null,
      stdout: 'hello\n',
      stderr: expect.stringMatching(/ is not in a configured workspace: it runs in .*\n$/),
    });
  });

  it('an approver decides from a third terminal, with a token', async () => {
    const env = { COUNTERSIGN_TOKEN: plane.tokens.alice };
    const { id, run } = await plane.asks(['--reason', 'to know', '--', 'uname', '-m']);
    const listed = await plane.command(['pending']);
    expect(listed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(`${id} +uname -m +local:`),
    });
    expect((await plane.command(['show', id])).stdout).toContain('to know');
    // A unique beginning is enough, in either case of letters.
    const approved = await plane.command(['approve', id.slice(0, 4).toLowerCase()], { env });
    expect(approved.code).toBe(0);
    expect(approved.stdout).toContain(`${id} is approved by token:alice`);
    expect(await run.ended()).toMatchObject({
      code: 0,
      stdout: `${process.arch.replace('x64', 'x86_64').replace('arm64', 'aarch64')}\n`,
    });
    const again = await plane.command(['approve', id], { env });
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`${id} was already approved by token:alice`);
    const contrary = await plane.command(['reject', id, 'too', 'late'], { env });
    expect(contrary.code).toBe(1);
    expect(contrary.stderr).toContain(`Too late to reject: ${id} was approved by token:alice`);

    const other = await plane.asks(['--', 'uname', '-p']);
    const tokenFile = join(plane.folder, 'bob.token');
    const rejected = await plane.command([
      'reject',
      '--token-file',
      tokenFile,
      other.id,
      'not',
      'now',
    ]);
    expect(rejected.code).toBe(0);
    const { code, stderr } = await other.run.ended();
    expect(code).toBe(1);
    expect(stderr).toContain(`${other.id} was rejected by token:bob: not now. Nothing ran.`);
    expect((await plane.command(['pending'])).stdout).not.toContain(other.id);
  });

  it('afterwards the history, the whole action with its output, and the record tell how it was', async () => {
    const { id, run } = await plane.asks(['--', 'sh', '-c', 'echo told; exit 3']);
    await plane.say(`!approve ${id}`, /is approved by/);
    expect((await run.ended()).code).toBe(3);
    const history = await plane.command(['history']);
    expect(history.stdout).toMatch(new RegExp(`^${id} .* failed +approved by console:local`, 'm'));
    const shown = await plane.command(['show', id, '--json']);
    const { state, outcome, output } = JSON.parse(shown.stdout);
    expect({ state, outcome, output }).toEqual({
      state: 'failed',
      outcome: expect.objectContaining({ exit_code: 3, detail: 'exit code 3', omitted_bytes: 0 }),
      output: [{ stream: 'stdout', base64: Buffer.from('told\n').toString('base64') }],
    });
    const record = await plane.command(['audit', 'list', '--approval', id, '--json']);
    const { entries } = JSON.parse(record.stdout);
    expect(
      entries.map(({ type, body }: { type: string; body: { actor: string } }) => [
        type,
        body.actor.replace(/^worker:.*/, 'worker'),
      ]),
    ).toEqual([
      ['approval.submitted', `local:${process.getuid?.()}`],
      ['approval.approved', 'console:local'],
      ['approval.claimed', 'worker'],
      ['approval.failed', 'worker'],
    ]);
    const whole = /^The record is whole: \d+ entries/;
    expect((await plane.command(['audit', 'verify'])).stdout).toMatch(whole);
    // The store itself is read where no control plane runs.
    await plane.kill('SIGTERM');
    expect((await plane.command(['audit', 'verify'])).stdout).toMatch(whole);
    await plane.start();
  });

  it('`!allow` and `!deny` are in force at once, and after a restart', async () => {
    await plane.say('!allow expr *', /Rule \d is in force: allow: expr \*/);
    expect((await plane.command(['run', '--', 'expr', '1', '+', '1'])).code).toBe(0);
    await plane.say('!deny expr', /Rule \d is in force: deny: expr/);
    expect((await plane.command(['run', '--', 'expr', '1', '+', '1'])).code).toBe(1);
    await plane.kill('SIGTERM');
    await plane.start();
    expect((await plane.command(['run', '--', 'expr', '1', '+', '1'])).code).toBe(1);
    expect(await readFile(join(plane.folder, 'policies.yaml'), 'utf8')).toContain('expr *');
  });

  it('a policy file that is broken by hand is told, and the rules from before stay', async () => {
    const file = join(plane.folder, 'policies.yaml');
    const good = await readFile(file, 'utf8');
    await writeFile(file, good.replace('allow: echo', 'alow: echo'));
    await expect
      .poll(async () => (await plane.api('GET', '/readyz', { token: '' })).body, SOON)
      .toEqual({
        ready: false,
        reasons: [
          expect.stringMatching(/^policies: .*policies\.yaml:\d+: "alow" is not a known key/),
        ],
      });
    expect((await plane.command(['run', '--', 'echo', 'hello'])).code).toBe(0);
    await plane.say('!allow ls *', /The rule was not added: the policy file is broken/);
    await writeFile(file, good);
    await expect.poll(async () => (await plane.api('GET', '/readyz')).status, SOON).toBe(200);
    expect(await readFile(file, 'utf8')).toBe(good);
  });

  it('text from outside cannot paint a terminal that is not its own', async () => {
    const painting = '\x1b]0;title\x07\x1b[2J\u202e';
    const refused = await plane.command(['run', '--shell', `printf '${painting}'`]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('was denied by policy: guard: ');
    expect(refused.stderr).not.toMatch(FORBIDDEN);
    // What it prints is its own business: nobody is shown the one and runs the other.
    const line = String.raw`printf '\033]0;title\007\033[2J\342\200\256\r\n'`;
    const { id, run } = await plane.asks(['--reason', `${painting}\r\nApproved.`, '--shell', line]);
    expect(run.stderr).not.toMatch(FORBIDDEN);
    await plane.say(`!approve ${id}`, /is approved by/);
    // Its own is the one where it was asked for: there the bytes are as they came.
    expect((await run.ended()).stdout).toBe(`${painting}\r\n`);
    await plane.say(`!show ${id}`, /succeeded/);
    expect(plane.process.stdout).not.toMatch(FORBIDDEN);
    for (const words of [['show', id], ['history'], ['audit', 'list']]) {
      expect((await plane.command(words)).stdout).not.toMatch(FORBIDDEN);
    }
  });

  it('a lockdown stops approvals and rules, until the owner lifts it with the code', async () => {
    const { id, run } = await plane.asks(['--', 'uname', '-s']);
    await plane.say('!lockdown enough', /Lockdown\. Nothing is approved and nothing starts/);
    await plane.say(`!approve ${id}`, new RegExp(`${id} stays pending: lockdown by console:local`));
    const allowed = await plane.command(['run', '--', 'echo', 'hello']);
    expect({ code: allowed.code, stdout: allowed.stdout }).toEqual({ code: 1, stdout: '' });
    expect(allowed.stderr).toContain('lockdown by console:local');
    const [, code] = await plane.say('!unlock', /!unlock ([0-9A-Z]{5})/);
    await plane.say('!unlock WRONG', /!unlock [0-9A-Z]{5}/);
    const [, fresh] = await plane.say('!unlock', /!unlock ([0-9A-Z]{5})/);
    expect(fresh).not.toBe(code);
    await plane.say(`!unlock ${fresh}`, /The lockdown is lifted/);
    await plane.say(`!approve ${id}`, /is approved by/);
    expect((await run.ended()).code).toBe(0);
  });

  it('whoever asks in the terminal cannot approve it there; another approver can', async () => {
    const [, id = ''] = await plane.say('!run uname -o', /([0-9A-Z]{5}) waits for approval/);
    await plane.say(`!approve ${id}`, /You asked for \w+ yourself: somebody else must approve it/);
    expect((await plane.decide(id, 'approve')).status).toBe(200);
    await plane.shows(new RegExp(`${id} succeeded[\\s\\S]*Its output:\\s+GNU/Linux`));
  });
});
