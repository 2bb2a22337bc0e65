import type { Socket } from 'node:net';

/** How long a peer has to close its side after we have closed ours. */
const LEAVE_MS = 30_000;
/** What a system takes for a peer that reads nothing. */
const TAKEN_BYTES = 65_536;

/**
 * What the system holds for a closed socket leaves however late its peer reads, and nobody can call it back. So after the last reply of a connection
 * the socket stays open until the peer has closed its side, too; and where the peer closes first, what it has not taken is dropped.
 */
export interface TakingLeave {
  watch(socket: Socket): void;
  /** From now on sockets close as usual: the process ends. */
  stop(): void;
}

interface LeaveRules {
  /** Whether its answers were sent so long ago that nothing that matters can be left in the system. */
  hasTaken(socket: Socket): boolean;
  /** No reply follows on it. */
  onLeave(socket: Socket): void;
}

export function openTakingLeave({ hasTaken, onLeave }: LeaveRules): TakingLeave {
  const leaving = new Set<Socket>();
  let stopped = false;
  const leave = (socket: Socket): void => {
    if (leaving.has(socket)) return;
    leaving.add(socket);
    const late = setTimeout(() => socket.resetAndDestroy(), LEAVE_MS).unref();
    socket.once('close', () => {
      clearTimeout(late);
      leaving.delete(socket);
    });
    onLeave(socket);
    socket.end();
  };
  return {
    watch(socket) {
      const destroySoon = socket.destroySoon.bind(socket);
      // What node:http calls after the last reply.
      socket.destroySoon = () => (stopped || hasTaken(socket) ? destroySoon() : leave(socket));
      // Before node:http ends our side: a socket that both sides have ended is closed at once. A few clients end theirs first and go on reading;
      // an ordinary system has taken a small answer for them.
      socket.prependOnceListener('end', () => {
        if (!stopped && socket.bytesWritten > TAKEN_BYTES && !hasTaken(socket)) socket.resetAndDestroy();
      });
    },
    stop() {
      stopped = true;
      for (const socket of leaving) socket.destroy();
    },
  };
}
