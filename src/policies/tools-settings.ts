// The `tools:` section of a policy file: what happens to a tool that no rule speaks of, and what
// the arguments of further tools mean. Shape only; the known tools are in tools-table.ts.
import { z } from 'zod';

const Argument = z.string().min(1).max(100);
const Arguments = z.union([Argument, z.array(Argument).min(1).max(10)]);

/** Which arguments of a tool name files, a URL or a command line. */
export const ToolMeaning = z
  .strictObject({
    read: Arguments.optional(),
    write: Arguments.optional(),
    http: Argument.optional(),
    /** The argument that names the HTTP method; without it GET is meant. */
    method: Argument.optional(),
    shell: Argument.optional(),
  })
  .refine(
    ({ read, write, http, shell }) => (read ?? write ?? http ?? shell) !== undefined,
    'says which argument is meant: read, write, http or shell, such as { write: path }',
  );

export const ToolSettings = z.strictObject({
  /** What happens to a call that no rule speaks of. */
  default: z.enum(['ask', 'deny']).optional(),
  /** Further tools, by their exact names; they replace what is known of a name. */
  map: z.record(z.string().min(1).max(200), ToolMeaning).optional(),
});
export type ToolSettings = z.infer<typeof ToolSettings>;
