import type { Keys } from '../../platform/keys/keys.js';
import type { Policy } from '../policy/policy.js';
import { dropSecrets } from './secret.js';

/**
 * From now on this node has only secrets that an approval still allows: at the start, and after each change of the policy on any node. `onFailed`: the
 * secrets could not be read or removed.
 */
export function keepSecrets(
  { policy, keys }: { policy: Policy; keys: Pick<Keys, 'directory'> },
  onFailed: (error: unknown) => void,
): void {
  const drop = ({ upstreams }: ReturnType<Policy['current']>) => {
    try {
      dropSecrets(keys.directory, upstreams);
    } catch (error) {
      onFailed(error);
    }
  };
  policy.onChange(drop);
  drop(policy.current());
}
