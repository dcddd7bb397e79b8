// Numbers for a monitoring system, in the text form of Prometheus. They are read from the store
// when they are asked for, so they outlive this process; nothing of what was asked for is in them.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Interlock } from './interlock/interlock.ts';
import type { PolicyBook } from './policies/book.ts';

/** What the numbers are read from. */
export interface MetricsParts {
  readonly interlock: Pick<Interlock, 'ports' | 'ruleUses' | 'grants'>;
  readonly book: Pick<PolicyBook, 'list' | 'problem'>;
}

/** The text and its content type. */
export interface Metrics {
  text(): Promise<string>;
  readonly contentType: string;
}

const LIVE_STATES = ['pending', 'approved', 'running'] as const;

export function createMetrics({ interlock, book }: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { ledger } = interlock.ports;
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (into: Gauge<Label>) => Promise<void>,
  ) => {
    const made: Gauge<Label> = new Gauge({
      name: `countersign_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect: () => read(made),
    });
  };
  gauge('approvals', 'Actions that are not over, by state.', ['state'], async (into) => {
    const live = await ledger.live();
    for (const state of LIVE_STATES) {
      into.set({ state }, live.filter((one) => one.state === state).length);
    }
  });
  gauge('lockdown', '1 while nothing is approved and nothing runs.', [], async (into) => {
    into.set((await ledger.lockdown()) === null ? 0 : 1);
  });
  gauge(
    'policy_broken',
    '1 while the policy file is not in force as it stands.',
    [],
    async (into) => into.set(book.problem() === null ? 0 : 1),
  );
  gauge('grants', 'Rules with an end that are in force.', [], async (into) => {
    into.set((await interlock.grants()).length);
  });
  const help = 'How often a rule was used that lets more run than anybody can oversee.';
  gauge('dangerous_rule_uses', help, ['rule'], async (into) => {
    into.reset();
    const uses = await interlock.ruleUses();
    for (const { key, written, dangerous, pattern, effect } of book.list()) {
      if (!dangerous && !(effect === 'allow' && pattern === '*')) continue;
      into.set({ rule: written }, uses.get(key)?.uses ?? 0);
    }
  });
  return { text: () => registry.metrics(), contentType: registry.contentType };
}
