// Run by registry.test.ts as a process of its own: starts an adapter, uses it, stops it. Whatever
// stays open then keeps this process from ending.
import { PassThrough } from 'node:stream';
import { createConsole } from '../../src/adapters/console.ts';
import { createTelegram } from '../../src/adapters/telegram.ts';
import { systemClock, systemRandom } from '../../src/bus/clock.ts';

const [platform, apiRoot = ''] = process.argv.slice(2);
const chat = { platform: platform ?? '', chat: '1' };
const adapter =
  platform === 'telegram'
    ? createTelegram(
        { token: { reveal: () => '42:token' }, mode: 'polling', apiRoot, chats: [] },
        { clock: systemClock, log: () => undefined },
      )
    : createConsole({
        input: process.stdin,
        output: new PassThrough().resume(),
        interactive: false,
        columns: () => 80,
        colour: false,
        sender: 'console:local',
        clock: systemClock,
        random: systemRandom,
        onInterrupt: () => undefined,
      });
await adapter.start(() => Promise.resolve());
await adapter.send(chat, { blocks: [{ kind: 'text', text: 'hello' }] });
await adapter.stop();
process.stdout.write('stopped\n');
