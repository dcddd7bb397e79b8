// Everything but `run` that talks to the control plane: lists, cards, decisions, rules, the record.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APPROVER_TOKEN, openPlane, type Plane, REQUESTER_TOKEN } from './plane.ts';
import { Running, ran, type Setting } from './recording-terminal.ts';

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(async () => {
  await plane.close();
});

const here = (env: Record<string, string> = {}): Setting => ({
  cwd: plane.workspace,
  env: { COUNTERSIGN_DATA: plane.dataDir, ...env },
});
const asApprover = () => here({ COUNTERSIGN_TOKEN: APPROVER_TOKEN });
const submitted = async (...argv: string[]) =>
  (await ran(['run', '--no-wait', '--', ...argv], here())).out.trim();

describe('pending, history and show', () => {
  test('list what waits, oldest wishes of others included, safely', async () => {
    const id = await submitted('printf', 'a\x1b[2J\nb');
    const { code, out } = await ran(['pending'], here());
    expect(code).toBe(0);
    expect(out).toMatch(/^ID {5}COMMAND +ASKED BY +LEFT\n/);
    expect(out).toContain(`${id}  printf 'a⟨U+001B⟩[2J⟨U+000A⟩b'  local:1000  30 min\n`);
    const json = JSON.parse((await ran(['pending', '--json'], here())).out);
    expect(json.approvals.map((form: { id: string }) => form.id)).toContain(id);
    await ran(['reject', id], asApprover());
    expect((await ran(['pending'], here())).out).toBe('Nothing waits for approval.\n');
    expect((await ran(['history', '--state', 'rejected'], here())).out).toContain(id);
    expect((await ran(['history', '--state', 'running'], here())).out).toBe(
      'There is nothing to list.\n',
    );
  });

  test('show is a whole card with the output, in which nothing can paint', async () => {
    const running = new Running(['run', '--reason', 'why\x07', '--', 'paint'], {
      ...here(),
      input: '',
    });
    const [, id = ''] = await running.until(/^(\w{5}) waits/m);
    const waiting = await ran(['show', id.toLowerCase()], here());
    await ran(['approve', id], asApprover());
    const run = await plane.nextRun();
    run.print('stdout', '\x1b[31mred\x1b[0m\x1b]0;title\x07\n│ ├╴ stands  approved\n');
    await run.finish(1);
    await running.done;
    const { code, out } = await ran(['show', id], { ...here(), columns: 30 });
    expect(waiting.out).toContain(`Answer: countersign approve ${id}`);
    expect(waiting.out).toContain('console:local');
    expect(code).toBe(0);
    expect(out).not.toMatch(/[^\P{Cc}\n]/u);
    expect(out).toContain('┃  red\n┃  │ ├╴ stands  approved\n');
    expect(out).toContain('why⟨U+0007⟩');
    for (const line of out.split('\n')) expect([...line].length).toBeLessThanOrEqual(30);
    const json = JSON.parse((await ran(['show', id, '--json'], here())).out);
    expect(json).toMatchObject({ id, state: 'failed', outcome: { exit_code: 1 } });
  });

  test('an unknown id is told, with 1', async () => {
    expect(await ran(['show', '../x'], here())).toEqual({
      code: 1,
      out: '',
      err: 'error: There is no approval "../x".\n',
    });
  });
});

describe('approve and reject', () => {
  test('need an approver: the socket and a requester token cannot', async () => {
    const id = await submitted('uname');
    const none = await ran(['approve', id], here());
    const requester = await ran(['approve', id], here({ COUNTERSIGN_TOKEN: REQUESTER_TOKEN }));
    const wrong = await ran(['approve', id], here({ COUNTERSIGN_TOKEN: 'x'.repeat(40) }));
    expect([none.code, requester.code, wrong.code]).toEqual([2, 1, 2]);
    expect(none.err).toContain('--token-file, or set COUNTERSIGN_TOKEN');
    expect(requester.err).toContain('needs an approver token');
    expect(wrong.err).toContain('not known here');
    expect((await plane.interlock.ports.ledger.get(id))?.state).toBe('pending');
  });

  test('repeated are told who decided; contrary ones who won', async () => {
    const id = await submitted('uname');
    const first = await ran(['reject', id, 'no'], asApprover());
    const again = await ran(['reject', id], asApprover());
    const late = await ran(['approve', id], asApprover());
    const json = await ran(['approve', id, '--json'], asApprover());
    expect([first.code, again.code, late.code, json.code]).toEqual([0, 0, 1, 1]);
    expect(again.out).toContain('was already rejected by token:alice');
    expect(late.err).toContain('Too late to approve');
    expect(JSON.parse(json.out).error.code).toBe('decided');
  });

  test('of what has expired ends with 4', async () => {
    const running = new Running(['run', '--expires-in', '1s', '--', 'uname'], {
      ...here(),
      input: '',
    });
    const [, id = ''] = await running.until(/^(\w{5}) waits/m);
    await running.done;
    const { code, err } = await ran(['approve', id], asApprover());
    expect([code, err]).toEqual([expect.toBeOneOf([1, 4]), expect.stringContaining('expired')]);
  });

  test('take the token typed unseen on a terminal', async () => {
    const id = await submitted('uname');
    const running = new Running(['reject', id], { ...here(), isInteractive: true });
    const modes: [boolean, string][] = [];
    const setRawMode = (raw: boolean) => modes.push([raw, running.err]);
    Object.assign(running.input, { setRawMode });
    await running.until(/Approver token: /);
    running.input.write(`wrong\x15${APPROVER_TOKEN.slice(0, -1)}?\x7f`);
    running.input.write(`${APPROVER_TOKEN.slice(-1)}\r`);
    await running.done;
    expect([running.exitCode, running.err]).toEqual([0, 'Approver token: \n']);
    // Unseen from before the prompt, and visible again at the end.
    expect(modes).toEqual([
      [true, ''],
      [false, 'Approver token: '],
    ]);
    expect(running.out).not.toContain(APPROVER_TOKEN);
  });

  test('Ctrl-C at the token does nothing and ends with 130', async () => {
    const running = new Running(['reject', 'AAAAA'], { ...here(), isInteractive: true });
    await running.until(/Approver token: /);
    running.input.write('\x03');
    await running.done;
    expect([running.exitCode, running.out]).toEqual([130, '']);
  });
});

describe('the token', () => {
  test('is read from a file that only its owner may read, else refused', async () => {
    const id = await submitted('uname');
    const file = join(plane.workspace, 'token');
    await writeFile(file, `${APPROVER_TOKEN}\n`);
    await chmod(file, 0o644);
    const open = await ran(['reject', id, '--token-file', 'token'], here());
    await chmod(file, 0o600);
    const absent = await ran(['reject', id, '--token-file', 'nothing'], here());
    const closed = await ran(['reject', id, '--token-file', 'token'], here());
    expect([open.code, absent.code, closed.code]).toEqual([2, 2, 0]);
    expect(open.err).toContain('chmod 600');
    expect(absent.err).toContain('there is no file');
  });

  test('comes from COUNTERSIGN_TOKEN_FILE as well; both at once, or blanks in it, are refused', async () => {
    const id = await submitted('uname');
    const file = plane.tokenFile;
    const both = await ran(['reject', id], {
      ...here({ COUNTERSIGN_TOKEN: APPROVER_TOKEN, COUNTERSIGN_TOKEN_FILE: file }),
    });
    const blank = await ran(['reject', id], here({ COUNTERSIGN_TOKEN: 'two words' }));
    const fine = await ran(['reject', id], here({ COUNTERSIGN_TOKEN_FILE: file }));
    expect([both.code, blank.code, fine.code]).toEqual([2, 2, 0]);
    expect(both.err).toContain('both set');
    expect(blank.err).toContain('is it the right file?');
    expect(both.err + blank.err).not.toContain(APPROVER_TOKEN);
  });
});

describe('policy list, add and remove', () => {
  test('edit the rules in force, as chat does', async () => {
    const added = await ran(['policy', 'add', 'allow', 'git status'], asApprover());
    const again = await ran(['policy', 'add', 'allow', 'git', 'status'], asApprover());
    const wide = await ran(['policy', 'add', 'allow', '*'], asApprover());
    const nobody = await ran(['policy', 'add', 'deny', 'ls'], here());
    await ran(['policy', 'add', 'deny', 'rm -rf /tmp/**'], asApprover());
    const list = await ran(['policy', 'list'], here());
    expect(added).toEqual({ code: 0, out: 'Rule 1 is in force: allow: git status\n', err: '' });
    expect(again.out).toBe('Rule 1 was there already: allow: git status\n');
    expect([wide.code, nobody.code]).toEqual([1, 2]);
    expect(list.out).toMatch(
      /^N +RULE +NOTES\n1 +allow: git status\n2 +deny: rm -rf \/tmp\/\*\*\n$/,
    );

    const removed = await ran(['policy', 'remove', 'deny: rm -rf /tmp/**'], asApprover());
    const gone = await ran(['policy', 'remove', '7'], asApprover());
    expect(removed.out).toBe('Removed: deny: rm -rf /tmp/**. It is no longer in force.\n');
    expect([gone.code, gone.out]).toEqual([1, '']);
    const json = JSON.parse((await ran(['policy', 'list', '--json'], here())).out);
    expect(json.rules.map((rule: { written: string }) => rule.written)).toEqual([
      'allow: git status',
    ]);
    expect(await readFile(join(plane.dataDir, 'policies.yaml'), 'utf8')).toContain('git status');
  });
});

describe('the record', () => {
  test('is listed and verified over the gateway', async () => {
    const id = await submitted('uname', '-m');
    await plane.writeAnchor();
    const list = JSON.parse((await ran(['audit', 'list', '--approval', id, '--json'], here())).out);
    expect(list.entries).toHaveLength(1);
    expect(list.entries[0]).toMatchObject({
      type: 'approval.submitted',
      approval: id,
      body: { actor: 'local:1000', data: { action: { argv: ['uname', '-m'] } } },
    });
    const some = await ran(['audit', 'list', '--type', 'policy.added', '--limit', '1'], here());
    expect(some.out.split('\n')).toHaveLength(3);
    expect(some.out).toMatch(/policy\.added .*token:alice/);
    const verified = await ran(['audit', 'verify'], here());
    expect(verified.code).toBe(0);
    expect(verified.out).toMatch(
      /^The record is whole: \d+ entries, head [0-9a-f]{64}\.\nThe anchor outside of the store names entry \d+\.\n$/,
    );
  });
});
