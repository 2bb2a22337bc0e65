import type { Config } from '../../platform/config.js';
import type { Subject } from './subject.js';

/** The two resources (RFC 8707) that tokens are for: `<publicUrl>/data` and `<publicUrl>/api`. A token is valid for one of them. */
export function audienceUri(config: Pick<Config, 'publicUrl'>, audience: Subject['audience']): string {
  return `${config.publicUrl}/${audience === 'data' ? 'data' : 'api'}`;
}
