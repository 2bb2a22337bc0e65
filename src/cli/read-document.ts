import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from './exit-code.js';

/** Reads the caller's JSON document as one line. Throws CommandError. */
export function readDocument(file: string): string {
  try {
    return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new CommandError(EXIT.usage, `${file} is not a readable JSON file.`);
  }
}
