// For `npm run db:generate`: schema.ts -> src/store/migrations. Nothing else reads it.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/store/schema.ts',
  out: './src/store/migrations',
});
