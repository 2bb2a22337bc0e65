import { createRequire } from 'node:module';
import { Problem } from '../../../platform/errors.js';

const require = createRequire(import.meta.url);

/** A driver that an installation adds where it has such databases. @throws Problem unprocessable that says how */
export function optionalDriver(name: 'tedious' | 'oracledb', database: string): unknown {
  try {
    return require(name);
  } catch {
    throw new Problem('unprocessable', `The driver for ${database} is not installed here: npm install ${name}`);
  }
}
