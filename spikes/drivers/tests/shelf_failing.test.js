/** A shelf that fails: nothing is paid without the books, and an end that cannot be booked is not known. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryShelf } from '../wallet/shelf.js';
import { errorTable, wallet } from './support/drivers.js';
import { pay } from './support/paying.js';

/** A shelf that fails when it is told to. */
function failing() {
  const shelf = new MemoryShelf();
  const state = { broken: false };
  return {
    state,
    shelf: {
      durability: shelf.durability,
      /** @param {(tx: any) => any} work */
      transaction: async (work) => {
        if (state.broken) throw new Error('disk I/O error');
        return shelf.transaction(work);
      },
    },
  };
}

test('books that cannot be opened: nothing is paid, and that is certain', async () => {
  const { shelf, state } = failing();
  const made = wallet({}, {}, { shelf });
  state.broken = true;
  await assert.rejects(pay(made), { code: 'prepare_failed', message: /disk I\/O error.*nothing was paid/ });
  assert.equal(made.calls.build, 0);
  state.broken = false;
  assert.equal((await pay(made)).result.payment.amountMsats, 10_000);
});

test('an end that cannot be booked is not known: never "failed", and found by the next service', async () => {
  const { shelf, state } = failing();
  /** @type {any[]} */
  const history = [];
  const made = wallet(
    {
      send: async (order, api) => {
        history.push(api.payment(order));
        state.broken = true;
        return history[0];
      },
    },
    {},
    { shelf },
  );
  const { request } = made;
  const lost = await pay(made).catch((/** @type {any} */ error) => error);
  assert.equal(errorTable.isDefinite(lost.code ?? 'internal_error'), false, lost.code);
  state.broken = false;
  const reborn = wallet({ history }, {}, { shelf });
  assert.equal((await pay(reborn, request)).result.payment.preimageHex, made.preimageHex);
  assert.equal(reborn.calls.send, 0);
});

test('a mark that cannot be made: nothing is submitted, and that is certain', async () => {
  const { shelf, state } = failing();
  let submitted = false;
  const made = wallet(
    {
      send: async (order, api) => {
        state.broken = true;
        try {
          await api.submit(order);
          submitted = true;
        } finally {
          state.broken = false;
        }
        return api.payment(order);
      },
    },
    {},
    { shelf },
  );
  await assert.rejects(pay(made), { code: 'send_failed', afterSubmit: false });
  assert.deepEqual([submitted, await made.service.stateOf(made.request.requestId)], [false, null]);
  assert.equal(await made.service.books.spentMsats(), 0n);
});
