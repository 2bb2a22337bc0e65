import { openPulse } from '../../src/platform/health/pulse.js';
import t from '../support/tap.js';

/** A clock that a test moves; the steady clock is the process's own. */
function moved() {
  let by = 0;
  const now = () => Date.now() + by;
  const beat = (pulse: ReturnType<typeof openPulse>, databaseBy = 0) =>
    pulse.beat({ askedAt: now(), heardAt: now(), database: Date.now() + databaseBy });
  return { now, beat, move: (ms: number) => (by = ms) };
}

const TEN_YEARS = 315_576_000_000;

for (const [name, ms] of Object.entries({
  'ten years ahead': TEN_YEARS,
  'a minute back': -60_000,
  '6 s ahead': 6_000,
})) {
  t.test(`fault 9: a clock that jumps ${name} is refused at once, and believed again when it is right`, async (t) => {
    const clock = moved();
    const pulse = openPulse(clock);
    clock.beat(pulse);
    t.equal(pulse.clock(), undefined);
    clock.move(ms);
    t.match(pulse.clock(), { name: 'clock', stops: true, detail: /jumped/ }, 'before the next heartbeat');
    clock.beat(pulse);
    t.match(pulse.clock(), { name: 'clock', detail: /off the clock of the database/ }, 'and after it');
    clock.move(0);
    clock.beat(pulse);
    t.equal(pulse.clock(), undefined, 'it recovers by itself');
  });
}

t.test('fault 9: a jump that the database makes too is not believed at once', async (t) => {
  const clock = moved();
  const pulse = openPulse(clock);
  clock.move(TEN_YEARS);
  clock.beat(pulse, TEN_YEARS);
  t.match(pulse.clock(), { detail: /the clock of the database with it/ });
});

t.test('a small difference is none, and a heartbeat is a commit', async (t) => {
  const clock = moved();
  const pulse = openPulse(clock);
  clock.move(3_000);
  clock.beat(pulse);
  t.equal(pulse.clock(), undefined);
  t.equal(pulse.commit(), undefined);
});
