import type { Config } from '../../platform/config.js';

/** The name of the log in its checkpoints (C2SP tlog-checkpoint): that of the exchange. */
export function originOf({ publicUrl }: Pick<Config, 'publicUrl'>): string {
  return `${new URL(publicUrl).host}/civic-exchange`;
}
