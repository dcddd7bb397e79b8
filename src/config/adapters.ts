// The options of every chat platform, taken from the registry: a platform's options are legal YAML
// by its line there alone.
import type { z } from 'zod';
import { registry } from '../adapters/registry.ts';
import type { Secret } from '../secrets/secret.ts';

type Registry = typeof registry;

/** One optional schema for each registered platform. */
type AdapterShape = {
  [Platform in keyof Registry]: z.ZodOptional<ReturnType<Registry[Platform]['options']>>;
};

/** The shape of the section `adapters`; `secret` is what stands for a token in it. */
export function adapterOptions(secret: z.ZodType<Secret>): AdapterShape {
  const shape = Object.entries(registry).map(([platform, { options }]) => [
    platform,
    options(secret).optional(),
  ]);
  return Object.fromEntries(shape) as AdapterShape;
}
