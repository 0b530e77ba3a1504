/**
 * The shelf in a Convex database: the suite that every shelf must pass, over the real functions and npm convex/server,
 * with the stand-in's database below them; and the lease that calls in contexts of their own take turns by.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { Database } from '../convex/isolate/standin/database.js';
import { TransactionCalls } from '../convex/isolate/standin/transactions.js';
import { ConvexShelf } from '../convex/shelf/convex_shelf.js';
import * as functions from '../convex/shelf/functions.js';
import schema from '../convex/shelf/schema.js';
import { ShelfLane } from '../convex/shelf/shelf_lane.js';
import { shelfSuite } from './support/shelf_suite.js';

const TABLES = JSON.parse(/** @type {any} */ (schema).export()).tables;

/** What an action's ctx does, one transaction after the other. @param {import('node:test').TestContext} t */
function deployment(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'convex-shelf-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const database = new Database({ file: path.join(folder, 'database.sqlite'), tables: TABLES });
  let last = Promise.resolve();
  let refused = 0;
  /** @param {boolean} writes @param {any} reference @param {any} args */
  const call = (writes, reference, args) => {
    const run = last.then(async () => {
      /** @type {any} */ (globalThis).Convex = new TransactionCalls({ database, writes });
      const argsJson = JSON.stringify([args]);
      const work = () =>
        /** @type {any} */ (writes ? functions.commit : functions.read)[writes ? 'invokeMutation' : 'invokeQuery'](
          argsJson,
        );
      const result = JSON.parse(await (writes ? database.atomically(work) : work()));
      if (result.committed === false) refused += 1;
      return result;
    });
    last = run.then(
      () => {},
      () => {},
    );
    return run;
  };
  const ctx = {
    runQuery: (/** @type {any} */ reference, /** @type {any} */ args) => call(false, reference, args),
    runMutation: (/** @type {any} */ reference, /** @type {any} */ args) => call(true, reference, args),
  };
  return { ctx, refusals: () => refused };
}

shelfSuite('ConvexShelf', (t) => new ConvexShelf({ ctx: deployment(t).ctx, scope: 'wallet' }));

test('two that change the same row at once both land, because one of them is refused first', async (t) => {
  const { ctx, refusals } = deployment(t);
  const [one, other] = [1, 2].map(() => new ConvexShelf({ ctx, scope: 'wallet' }));
  const add = (/** @type {ConvexShelf} */ shelf) =>
    shelf.transaction((tx) => tx.put('t', 'sum', (tx.get('t', 'sum') ?? 0) + 1));
  await Promise.all([add(one), add(other)]);
  assert.equal(await one.transaction((tx) => tx.get('t', 'sum')), 2);
  assert.equal(refusals(), 1);
});

test('a list that grew meanwhile is a conflict too', async (t) => {
  const { ctx, refusals } = deployment(t);
  const [one, other] = [1, 2].map(() => new ConvexShelf({ ctx, scope: 'wallet' }));
  /** @param {ConvexShelf} shelf @param {string} key an entry only if there is room for it */
  const enter = (shelf, key) =>
    shelf.transaction((tx) => {
      if (tx.list('t').length < 1) tx.put('t', key, 1);
    });
  await Promise.all([enter(one, 'a'), enter(other, 'b')]);
  assert.equal((await one.transaction((tx) => tx.list('t'))).length, 1);
  assert.equal(refusals(), 1);
});

test('a row that was deleted and written anew is another row', async (t) => {
  const { ctx } = deployment(t);
  const shelf = new ConvexShelf({ ctx, scope: 'wallet' });
  await shelf.transaction((tx) => tx.put('t', 'k', 'old'));
  let runs = 0;
  const written = await shelf.transaction((tx) => {
    runs += 1;
    return tx.get('t', 'k');
  });
  assert.deepEqual([written, runs], ['old', 2], 'one run finds out what to read, the next one reads it');
  const { rows } = await ctx.runQuery(null, { scope: 'wallet', places: [{ table: 't', key: 'k' }], tables: [] });
  await shelf.transaction((tx) => tx.delete('t', 'k'));
  await shelf.transaction((tx) => tx.put('t', 'k', 'old'));
  const stale = { scope: 'wallet', rows: [{ table: 't', key: 'k', version: rows[0].version }], tables: [] };
  const write = { table: 't', key: 'k', value: '"new"' };
  assert.deepEqual(await ctx.runMutation(null, { ...stale, writes: [write] }), { committed: false });
});

test('wallets of one deployment do not see each other', async (t) => {
  const { ctx } = deployment(t);
  const [mine, theirs] = ['mine', 'theirs'].map((scope) => new ConvexShelf({ ctx, scope }));
  await mine.transaction((tx) => tx.put('t', 'k', 1));
  assert.deepEqual(await theirs.transaction((tx) => [tx.get('t', 'k'), tx.list('t')]), [null, []]);
});

test('a lease lets one work at a time, whoever they are', async (t) => {
  const { ctx } = deployment(t);
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside -= 1;
  };
  const lanes = Array.from({ length: 4 }, () => new ShelfLane({ shelf: new ConvexShelf({ ctx, scope: 'wallet' }) }));
  await Promise.all(lanes.map((lane) => lane.run(work)));
  assert.equal(most, 1);
});

test('a lease outlives a failure of its holder and not his death', async (t) => {
  const { ctx } = deployment(t);
  const shelf = new ConvexShelf({ ctx, scope: 'wallet' });
  let nowMs = 1_000;
  const lane = () => new ShelfLane({ shelf, waitS: 0, nowMs: () => nowMs });
  await assert.rejects(
    lane().run(() => Promise.reject(new Error('failed'))),
    /failed/,
  );
  const died = new Promise(() => {});
  t.mock.timers.enable({ apis: ['setInterval'] });
  lane()
    .run(() => died)
    .catch(() => {});
  await assert.rejects(
    lane().run(async () => {}),
    { code: 'prepare_failed' },
  );
  nowMs += 20_001; // nobody has renewed it
  assert.equal(await lane().run(async () => 'turn'), 'turn');
});
