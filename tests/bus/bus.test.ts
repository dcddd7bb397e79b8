// The way in: who is heard, what happens once, what survives. On the whole control plane.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

/** Entries of the record of one type, over the gateway. */
async function recorded(type: string): Promise<{ actor: string; data: unknown }[]> {
  const answer = await fetch(`${plane.url}/v1/audit?type=${type}&limit=100`, {
    headers: { authorization: `Bearer ${plane.firstToken}` },
  });
  expect(answer.status).toBe(200);
  const { entries } = (await answer.json()) as { entries: { body: string }[] };
  return entries.map(({ body }) => JSON.parse(body) as { actor: string; data: unknown });
}

describe('a message in', () => {
  it('delivered twice acts once', async () => {
    const twice = { sender: 'console:eve', eventId: 'same-event' } as const;
    await Promise.all([plane.chat.say('!run make a', twice), plane.chat.say('!run make a', twice)]);
    await plane.chat.say('!run make a', twice);
    await plane.chat.until(({ text }) => text.includes('make a'));
    const list = await plane.chat.ask('!pending');
    expect(list.match(/make a/g)).toHaveLength(1);
  });

  it('from a stranger gets no answer and is on the record', async () => {
    const before = plane.chat.shown.length;
    await plane.chat.say('!approve AAAAA', { sender: 'console:mallory' });
    expect(await recorded('chat.stranger-ignored')).toEqual([
      expect.objectContaining({
        actor: 'console:mallory',
        data: { platform: 'console', chat: 'terminal', text: '!approve AAAAA' },
      }),
    ]);
    expect(plane.chat.shown.length).toBe(before);
  });

  it("a stranger's flood does not flood the record", async () => {
    for (let i = 0; i < 50; i += 1) {
      await plane.chat.say('!approve AAAAA', { sender: 'console:flood' });
    }
    const entries = await recorded('chat.stranger-ignored');
    expect(entries.filter(({ actor }) => actor === 'console:flood').length).toBeLessThanOrEqual(7);
  });

  it('that is no command is nobody’s business', async () => {
    const before = plane.chat.shown.length;
    await plane.chat.say('hello there, !approve AAAAA');
    await plane.chat.say('what about lunch', { sender: 'console:mallory' });
    expect(await plane.chat.ask('!whoami')).toContain('console:local');
    expect(plane.chat.shown.length).toBe(before + 1);
  });

  it.each(['!run echo a\0b', '!run echo \ud800', `!run echo ${'x'.repeat(20_000)}`])(
    'that cannot be taken is answered and never delivered again: %#',
    async (text) => {
      expect(await plane.chat.ask(text)).toMatch(/Nothing was done/);
    },
  );

  it('too many in a minute are refused, and said once', async () => {
    const small = await startControlPlane({
      config: 'approvers: [{ id: console:local }]\nlimits: { messagesPerMinute: 3 }',
    });
    const answers: string[] = [];
    for (let i = 0; i < 4; i += 1) answers.push(await small.chat.ask('!whoami'));
    expect(answers.at(-1)).toContain('Too many messages');
    await small.chat.say('!whoami');
    await small.stop();
    expect(small.chat.shown).toHaveLength(4);
  });

  it('an empty list of approvers means nobody', async () => {
    const nobody = await startControlPlane({ config: 'approvers: []' });
    await nobody.chat.say('!pending');
    await nobody.chat.say('!approve AAAAA');
    await nobody.stop();
    expect(nobody.chat.shown).toEqual([]);
  });
});
