// The presets that come with the program: ordinary policy files in config/presets, found beside it
// by their names and read each time they are asked for. It knows nothing of what they say.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const FOLDER = new URL('../../config/presets/', import.meta.url);

/** The names that `presets:` may hold. */
export function presetNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** The text of one of them. */
export function presetText(name: string): string {
  return readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8');
}
