import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Lane } from '../wallet/lane.js';
import { PhaseClock, withDeadline } from '../wallet/phases.js';

/** Something to finish by hand. */
function gate() {
  /** @type {(value?: unknown) => void} */
  let open = () => {};
  const closed = new Promise((resolve) => (open = resolve));
  return { closed, open };
}

test('one at a time, in the order of asking, also after an error', async () => {
  const lane = new Lane({ holdS: 10, waitS: 10 });
  /** @type {string[]} */
  const order = [];
  const first = gate();
  const work = [
    lane.run(async () => {
      order.push('a');
      await first.closed;
      order.push('a ends');
    }),
    lane
      .run(async () => {
        order.push('b');
        throw new Error('b fails');
      })
      .catch(() => order.push('b ends')),
    lane.run(async () => {
      order.push('c');
    }),
  ];
  assert.equal(lane.busy, true);
  first.open();
  await Promise.all(work);
  assert.deepEqual(
    order.filter((step) => step !== 'b ends'),
    ['a', 'a ends', 'b', 'c'],
  );
  assert.equal(lane.busy, false);
});

test('who waits too long is told busy; the next in line still gets its turn', async () => {
  const lane = new Lane({ holdS: 10, waitS: 0.02 });
  const holder = gate();
  const held = lane.run(() => holder.closed);
  await assert.rejects(
    lane.run(async () => 'never'),
    { code: 'prepare_failed', details: { reason: 'wallet_busy' } },
  );
  holder.open();
  await held;
  assert.equal(await lane.run(async () => 'turn'), 'turn');
});

test('a holder that never comes back loses the lane, and cannot give away what is no longer its own', async () => {
  const lane = new Lane({ holdS: 0.05, waitS: 10 });
  const lost = gate();
  const abandoned = lane.run(() => lost.closed);
  const second = gate();
  const taken = lane.run(() => second.closed);
  const third = lane.run(async () => 'third');
  while (lane.holder === null || lane.waiting.length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  lost.open();
  await abandoned;
  assert.equal(lane.waiting.length, 1, 'the third still waits for the second');
  second.open();
  await taken;
  assert.equal(await third, 'third');
});

test('a deadline does not wait for the work, and the work cannot crash anybody later', async () => {
  const late = () => new Error('late');
  await assert.rejects(
    withDeadline(new Promise((_, reject) => setTimeout(() => reject(new Error('work')), 30)), 0.01, late),
    /late/,
  );
  assert.equal(await withDeadline(Promise.resolve(1), 10, late), 1);
  await assert.rejects(withDeadline(Promise.reject(new Error('spoilt')), 10, late), /spoilt/);
  await new Promise((resolve) => setTimeout(resolve, 40));
});

test('phases are noted in seconds, also when the work fails', async () => {
  let nowMs = 0;
  const clock = new PhaseClock(() => nowMs);
  await clock.time('prepare', async () => void (nowMs += 1_234.5678));
  await assert.rejects(
    clock.time('send', async () => {
      nowMs += 1;
      throw new Error('x');
    }),
  );
  assert.deepEqual(clock.phases, [
    { name: 'prepare', durationS: 1.234568 },
    { name: 'send', durationS: 0.001 },
  ]);
});
