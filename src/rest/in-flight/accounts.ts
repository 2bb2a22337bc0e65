import type { FairQueue } from '../../exchange/in-flight/fair-queue.js';
import type { AskAccount } from './connection.js';

/** The asks in flight of one application. */
interface ApplicationAccount extends AskAccount {
  readonly asks: number;
  readonly bodyBytes: number;
  enter(bodyBytes: number): void;
}

export interface Accounts {
  of(application: string): ApplicationAccount;
  /** Of all applications. */
  readonly asks: number;
  readonly bodyBytes: number;
}

/** One account for each registered application that called: an ask then only counts up and down. */
export function openAccounts(queue: FairQueue): Accounts {
  const accounts = new Map<string, ApplicationAccount>();
  const all = { asks: 0, bodyBytes: 0 };
  const open = (application: string): ApplicationAccount => {
    const own = { asks: 0, bodyBytes: 0 };
    const count = (asks: number, bytes: number): void => {
      own.asks += asks;
      own.bodyBytes += bytes;
      all.asks += asks;
      all.bodyBytes += bytes;
    };
    return {
      application,
      get asks() {
        return own.asks;
      },
      get bodyBytes() {
        return own.bodyBytes;
      },
      enter: (bytes) => count(1, bytes),
      leave: (bytes) => count(-1, -bytes),
      hold: (bytes) => queue.hold(application, bytes),
      release: (bytes) => queue.release(application, bytes),
    };
  };
  return {
    of(application) {
      let account = accounts.get(application);
      if (account === undefined) {
        account = open(application);
        accounts.set(application, account);
      }
      return account;
    },
    get asks() {
      return all.asks;
    },
    get bodyBytes() {
      return all.bodyBytes;
    },
  };
}
