/**
 * What every shelf must do, whoever made it: `shelfSuite(name, makeShelf)` declares the tests.
 *
 * Role: holds MemoryShelf, SqlShelf and the shelves of hosts to one behaviour. Must not know: any of them.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ContractError } from '../../wallet/errors.js';
import { createSessionStore } from '../../wallet/sessions.js';
import { createStorage } from '../../wallet/storage.js';
import { World } from './books_world.js';
import { seeded } from './random.js';

const TABLES = ['a', 'b'];
const KEYS = ['', 'x', 'y', 'z', "quote ' and %", 'ключ'];
const VALUES = [0, -1.5, '', 'text', true, [], [null, { deep: [1] }], { amount: '100000000000000000000' }, {}];

/**
 * @typedef {import('../../wallet/shelf.js').Shelf} Shelf
 * @typedef {import('../../wallet/shelf.js').Tx} Tx
 */

/**
 * @param {string} name
 * @param {(t: import('node:test').TestContext) => Shelf | Promise<Shelf>} makeShelf an empty one
 */
export function shelfSuite(name, makeShelf) {
  for (const [rule, holds] of Object.entries(RULES)) {
    test(`${name}: ${rule}`, async (t) => holds(await makeShelf(t)));
  }
}

/** @type {Record<string, (shelf: Shelf) => Promise<void>>} */
const RULES = {
  'an absent key reads null, a value comes back as a copy': async (shelf) => {
    const value = { list: [1, 'two', null], amount: '18446744073709551616' };
    await shelf.transaction((tx) => {
      assert.equal(tx.get('t', 'k'), null);
      tx.put('t', 'k', value);
      tx.get('t', 'k').list.push('changed');
      assert.deepEqual(tx.get('t', 'k'), value, 'its own writes are read');
    });
    const read = await shelf.transaction((tx) => tx.get('t', 'k'));
    read.list.push('changed');
    value.list.push('changed');
    assert.equal((await shelf.transaction((tx) => tx.get('t', 'k'))).list.length, 3);
    await assert.rejects(
      shelf.transaction((tx) => tx.put('t', 'k', undefined)),
      TypeError,
    );
  },

  'lists are in the order of the first put, each table for itself': async (shelf) => {
    await shelf.transaction((tx) => {
      for (const key of ['2', 'b', '1', 'a']) tx.put('t', key, key);
      tx.put('other', 'b', 1);
    });
    await shelf.transaction((tx) => {
      tx.put('t', 'b', 'again');
      tx.delete('t', '2');
      tx.delete('t', 'nobody');
      tx.put('t', '2', 'anew');
    });
    assert.deepEqual(await shelf.transaction((tx) => tx.list('t')), [
      ['b', 'again'],
      ['1', '1'],
      ['a', 'a'],
      ['2', 'anew'],
    ]);
    assert.deepEqual(await shelf.transaction((tx) => tx.list('empty')), []);
  },

  'work that throws leaves no trace, and its error arrives as it is': async (shelf) => {
    await shelf.transaction((tx) => tx.put('t', 'kept', 1));
    const thrown = new ContractError('window_cap_exceeded', 'full', { details: { windowCapMsats: 1 } });
    const failing = shelf.transaction((tx) => {
      tx.put('t', 'kept', 2);
      tx.put('t', 'new', 1);
      tx.delete('t', 'kept');
      throw thrown;
    });
    await assert.rejects(failing, (error) => error === thrown);
    assert.deepEqual(await shelf.transaction((tx) => tx.list('t')), [['kept', 1]]);
  },

  'a transaction that is not synchronous is refused, and rolled back': async (shelf) => {
    const late = shelf.transaction(async (tx) => tx.put('t', 'k', 1));
    await assert.rejects(late, /must be synchronous/);
    assert.equal(await shelf.transaction((tx) => tx.get('t', 'k')), null);
  },

  'transactions asked for at once do not mix': async (shelf) => {
    await shelf.transaction((tx) => tx.put('t', 'sum', 0));
    const add = () => shelf.transaction((tx) => tx.put('t', 'sum', tx.get('t', 'sum') + 1));
    await Promise.all(Array.from({ length: 20 }, add));
    assert.equal(await shelf.transaction((tx) => tx.get('t', 'sum')), 20);
  },

  'it behaves like a table of rows, whatever is done to it': async (shelf) => {
    const random = seeded(7);
    const model = new Model();
    for (let round = 0; round < 150; round += 1) {
      const steps = Array.from({ length: 1 + random.integer(6) }, () => randomStep(random));
      const fails = random.integer(4) === 0;
      const draft = model.copy();
      const work = shelf.transaction((tx) => {
        const trial = model.copy(); // the shelf may run this more than once
        for (const step of steps) assert.deepEqual(step(tx), step(trial));
        if (fails) throw new Error('rolled back');
      });
      if (fails) await assert.rejects(work, /rolled back/);
      else {
        await work;
        for (const step of steps) step(draft);
        model.rows = draft.rows;
      }
      for (const table of TABLES) assert.deepEqual(await shelf.transaction((tx) => tx.list(table)), model.list(table));
    }
  },

  'the SDK finds its rows as it left them: amounts, maps, tokens': async (shelf) => {
    const payment = { id: 'p', status: 'completed', amount: 2n ** 70n, fees: 0n, timestamp: 1, details: { type: 'x' } };
    const change = { id: { type: 't', dataId: 'd' }, updatedFields: new Map([['name', '"Ada"']]) };
    await createStorage(shelf).applyPaymentUpdate(payment);
    await createStorage(shelf).syncAddOutgoingChange(change);
    await createSessionStore(shelf).setSession('key', { token: 't', expiration: 1 });
    const reborn = createStorage(shelf);
    assert.deepEqual(await reborn.getPaymentById('p'), payment);
    assert.deepEqual((await reborn.syncGetLatestOutgoingChange()).change, { ...change, localRevision: 1 });
    assert.deepEqual(await createSessionStore(shelf).getSession('key'), { token: 't', expiration: 1 });
    await assert.rejects(createSessionStore(shelf).getSession('nobody'), { type: 'notFound' });
  },

  'no order of events pays an invoice twice or loses track of the window': async (shelf) => {
    const world = new World(shelf, seeded(11));
    for (let round = 0; round < 400; round += 1) await world.step();
    const rare = Object.entries(world.seen).filter(([, count]) => count < 2);
    assert.deepEqual(rare, [], 'worth little');
  },
};

/** The same operations on plain rows. */
class Model {
  /** @param {[string, string, string][]} [rows] table, key, JSON */
  constructor(rows = []) {
    this.rows = rows;
  }

  copy() {
    return new Model(this.rows.map((row) => [...row]));
  }

  /** @param {string} table @param {string} key */
  #find(table, key) {
    return this.rows.find((row) => row[0] === table && row[1] === key);
  }

  /** @param {string} table @param {string} key */
  get(table, key) {
    const row = this.#find(table, key);
    return row ? JSON.parse(row[2]) : null;
  }

  /** @param {string} table @param {string} key @param {any} value */
  put(table, key, value) {
    const row = this.#find(table, key);
    if (row) row[2] = JSON.stringify(value);
    else this.rows.push([table, key, JSON.stringify(value)]);
  }

  /** @param {string} table @param {string} key */
  delete(table, key) {
    this.rows = this.rows.filter((row) => row[0] !== table || row[1] !== key);
  }

  /** @param {string} table @returns {[string, any][]} */
  list(table) {
    return this.rows.filter((row) => row[0] === table).map(([, key, text]) => [key, JSON.parse(text)]);
  }
}

/** @param {ReturnType<typeof seeded>} random @returns {(on: Tx) => any} */
function randomStep(random) {
  const [table, key, value] = [random.pick(TABLES), random.pick(KEYS), random.pick(VALUES)];
  return random.pick([
    (/** @type {Tx} */ on) => on.get(table, key),
    (/** @type {Tx} */ on) => void on.put(table, key, value),
    (/** @type {Tx} */ on) => void on.put(table, key, value),
    (/** @type {Tx} */ on) => void on.delete(table, key),
    (/** @type {Tx} */ on) => on.list(table),
  ]);
}
