/** A second wallet in the same isolate: a shelf within a shelf, its settings, and nothing of one seen by the other. */

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { database } from '../node/disk_shelf.js';
import { neighbourExperiments } from '../wallet/neighbour.js';
import { PhaseClock } from '../wallet/phases.js';
import { LocalWalletService } from '../wallet/service.js';
import { createSessionStore } from '../wallet/sessions.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { ScopedShelf } from '../wallet/shelf_scoped.js';
import { SqlShelf } from '../wallet/shelf_sql.js';
import { DEAD_NETWORK, errorTable, readJson, settings } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { scriptedSdk } from './support/scripted_sdk.js';
import { shelfSuite } from './support/shelf_suite.js';

const [FIRST, SECOND] = ['first words', 'second words'];
const IDENTITY = { [FIRST]: `02${'aa'.repeat(32)}`, [SECOND]: `03${'bb'.repeat(32)}` };
const BALANCE = { [FIRST]: 1_000, [SECOND]: 7_000 };
const REQUEST_ID = '00000000-0000-4000-8000-000000000001';
const OWN = { SPARKGATE_WALLET_ID: 'wallet-2', SPARKGATE_MNEMONIC: SECOND };

const sql = () => new SqlShelf({ database: database(new DatabaseSync(':memory:')), durability: 'object' });

shelfSuite('scoped memory', () => new ScopedShelf(new MemoryShelf(), 'wallet-2'));
shelfSuite('scoped sql', () => new ScopedShelf(sql(), 'wallet-2'));

/** One SDK module in which the mnemonic chooses the wallet, as in the real one. */
function sdkOfTwo() {
  const { paymentHash, preimageHex } = secret('coffee');
  const tea = secret('tea');
  const preimages = { [paymentHash]: preimageHex, [tea.paymentHash]: tea.preimageHex };
  /** @param {string} mnemonic */
  const one = (mnemonic) =>
    scriptedSdk({ identity: IDENTITY[mnemonic], balanceSats: BALANCE[mnemonic] }, preimages);
  const wallets = { [FIRST]: one(FIRST), [SECOND]: one(SECOND) };
  const modules = Promise.all(Object.entries(wallets).map(async ([key, { loadSdk }]) => [key, (await loadSdk()).sdk]));
  const loaded = modules.then((all) => {
    const byMnemonic = Object.fromEntries(all);
    const sdk = {
      defaultServerConfig: byMnemonic[FIRST].defaultServerConfig,
      initLogging: (/** @type {any} */ log) =>
        Promise.all(Object.values(byMnemonic).map((module) => module.initLogging(log))),
      SdkBuilder: {
        new: (/** @type {any} */ _config, /** @type {any} */ seed) => byMnemonic[seed.mnemonic].SdkBuilder.new(),
      },
    };
    return { sdk, memoryBytes: () => 65_536 };
  });
  return { loadSdk: () => loaded, calls: { first: wallets[FIRST].calls, second: wallets[SECOND].calls } };
}

/** @param {Record<string, string>} [own] @param {Record<string, any>} [changes] of the environment */
function environment(own = OWN, changes = {}) {
  return {
    SPARKGATE_RUNTIME: 'test',
    SPARKGATE_TOKEN: 'right token',
    SPARKGATE_NETWORK: JSON.stringify(DEAD_NETWORK),
    SPARKGATE_WALLET_ID: 'wallet-1',
    SPARKGATE_MNEMONIC: FIRST,
    SPARKGATE_INSPECT: 'isolation',
    SPARKGATE_SECOND_WALLET: JSON.stringify(own),
    ...changes,
  };
}

/** @param {import('../wallet/shelf.js').Shelf} [shelf] @param {Record<string, any>} [env] @param {object} [host] */
function two(shelf = new MemoryShelf(), env = environment(), host = {}) {
  const { loadSdk, calls } = sdkOfTwo();
  const config = settings({ custody: { source: 'legacy_env', mnemonic: FIRST } });
  const home = { errorTable, loadSdk, oneAtATime: false, ...host };
  const first = new LocalWalletService({ ...home, config, shelf });
  return { first, calls, shelf, steps: neighbourExperiments(first, { ...home, env }) };
}

/** @param {string} name of what is bought @param {string} amount */
function order(name, amount) {
  const { paymentHash } = secret(name);
  return { requestId: REQUEST_ID, invoice: writeInvoice({ paymentHash, amount }), maxAmountMsats: 90_000, paymentHash };
}

test('two scopes of one shelf: neither sees the other, and one transaction still is one', async () => {
  for (const shelf of [new MemoryShelf(), sql()]) {
    const [one, other] = [new ScopedShelf(shelf, 'one'), new ScopedShelf(shelf, 'other')];
    await one.transaction((tx) => tx.put('t', 'k', 1));
    await other.transaction((tx) => tx.put('t', 'k', 2));
    await shelf.transaction((tx) => tx.put('t', 'k', 3));
    const seen = (/** @type {import('../wallet/shelf.js').Shelf} */ of) => of.transaction((tx) => tx.list('t'));
    assert.deepEqual(await Promise.all([one, other, shelf].map(seen)), [[['k', 1]], [['k', 2]], [['k', 3]]]);
    await one.transaction((tx) => tx.delete('t', 'k'));
    assert.deepEqual(await Promise.all([one, other, shelf].map(seen)), [[], [['k', 2]], [['k', 3]]]);
    assert.equal(one.durability, shelf.durability);
  }
  for (const scope of ['', 'a/b']) assert.throws(() => new ScopedShelf(new MemoryShelf(), scope), TypeError);
});

test('without the inspection or the settings there is no second wallet', () => {
  for (const changes of [
    { SPARKGATE_INSPECT: null },
    { SPARKGATE_INSPECT: 'use' },
    { SPARKGATE_SECOND_WALLET: null },
    { SPARKGATE_SECOND_WALLET: undefined },
  ]) {
    assert.deepEqual(two(undefined, environment(OWN, changes)).steps, {});
  }
});

test('settings that make no second wallet are refused in one line without a secret', () => {
  const wrong = /** @type {[string, RegExp][]} */ ([
    ['not json: secret words', /is not JSON/],
    ['null', /names no SPARKGATE_WALLET_ID/],
    [JSON.stringify({ SPARKGATE_MNEMONIC: 'secret words' }), /names no SPARKGATE_WALLET_ID/],
    [JSON.stringify({ ...OWN, SPARKGATE_WALLET_ID: 'wallet-1' }), /names the first wallet/],
    [JSON.stringify({ ...OWN, SPARKGATE_NETWORK: '{}' }), /settings of one wallet only/],
    [JSON.stringify({ ...OWN, SPARKGATE_MNEMONIC: ['secret words'] }), /settings of one wallet only/],
  ]);
  for (const [text, says] of wrong) {
    assert.throws(
      () => two(undefined, environment(OWN, { SPARKGATE_SECOND_WALLET: text })),
      (/** @type {any} */ error) => {
        assert.equal(error.code, 'config_error');
        assert.match(error.message, says);
        assert.equal(/secret|\n/.test(error.message), false);
        return true;
      },
    );
  }
});

test("the second wallet inherits nothing of the first one's custody", async () => {
  const none = two(undefined, environment({ SPARKGATE_WALLET_ID: 'wallet-2' }));
  const { code } = /** @type {any} */ (await none.steps.second_sync({}));
  assert.equal(code, 'mnemonic_missing');
  assert.equal(none.calls.first.build, 0);
  const row = readJson('../../tests/vectors/envelopes.json').vectors[0].row;
  const sealed = {
    SPARKGATE_WALLET_ID: 'wallet-2',
    SPARKGATE_WALLET_SOURCE: 'convex_envelope',
    SPARKGATE_ENVELOPE: JSON.stringify(row),
    SPARKGATE_WALLET_KEY_VERSION: '1',
    SPARKGATE_KMS_URL: 'http://127.0.0.1:9',
    SPARKGATE_KMS_TOKEN: 'token',
  };
  assert.ok(two(undefined, environment(sealed)).steps.second_pay, 'though the first one has its mnemonic in the clear');
});

for (const [name, shelf] of /** @type {const} */ ([['memory', () => new MemoryShelf()], ['sql', sql]])) {
  test(`one ${name} shelf, one request id, two wallets: registers, windows, sessions are apart`, async () => {
    const { first, steps, calls, shelf: under } = two(shelf());
    const [coffee, tea] = [order('coffee', '100n'), order('tea', '300n')];
    const [mine, theirs] = await Promise.all([
      first.payBolt11({ ...coffee, maxAmountMsats: 90_000n, host: 'harness.invalid' }, new PhaseClock()),
      /** @type {any} */ (steps.second_pay(tea)),
    ]);
    assert.equal(mine.result.receipt.paymentHash, coffee.paymentHash);
    assert.deepEqual([theirs.outcome, theirs.claim.paymentHash], ['paid', tea.paymentHash]);
    assert.deepEqual([calls.first.send, calls.second.send], [1, 1]);
    assert.deepEqual([mine.result.windowSpendMsatsAfterPayment, await first.books.spentMsats()], [10_000, 10_000n]);
    assert.equal((await first.status(new PhaseClock())).identityPublicKey, IDENTITY[FIRST]);
    const told = /** @type {any} */ (await steps.second_status({}));
    assert.deepEqual(
      [told.outcome, told.identityPublicKey, told.claim.balanceSats],
      ['told', IDENTITY[SECOND], BALANCE[SECOND]],
    );

    const scoped = new ScopedShelf(under, 'wallet-2');
    const session = { token: 'of the second', expiration: 4_000_000_000 };
    await createSessionStore(scoped).setSession('operator', session);
    await assert.rejects(createSessionStore(under).getSession('operator'));
    assert.deepEqual(await createSessionStore(scoped).getSession('operator'), session);
    const ids = (/** @type {any} */ of) => of.transaction((/** @type {any} */ tx) => tx.list('register').length);
    assert.deepEqual(await Promise.all([ids(under), ids(scoped)]), [1, 1]);

    await steps.second_rebuild({});
    assert.deepEqual([calls.first.free, calls.second.free], [0, 1], 'the other one keeps its SDK');
  });
}

test('two wallets on the very same shelf: the second one is refused before it can ask anything', async () => {
  const { loadSdk, calls } = sdkOfTwo();
  const shelf = new MemoryShelf();
  const on = (/** @type {string} */ mnemonic) =>
    new LocalWalletService({
      ...{ errorTable, loadSdk, shelf, oneAtATime: false },
      config: settings({ walletId: mnemonic, custody: { source: 'legacy_env', mnemonic } }),
    });
  await on(FIRST).sync(new PhaseClock());
  await assert.rejects(on(SECOND).sync(new PhaseClock()), { code: 'config_error', message: /another wallet/ });
  assert.deepEqual([calls.second.sync, calls.second.free], [0, 1]);
});

test('where calls of the SDK must not overlap, both wallets take turns; a lane on a shelf is its own', async () => {
  const { first, steps } = two(undefined, undefined, { oneAtATime: true });
  /** @type {() => void} */
  let end = () => {};
  const held = first.turns.run(() => new Promise((resolve) => (end = () => resolve(undefined))));
  let synced = false;
  const sync = Promise.resolve(steps.second_sync({})).then(() => (synced = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(synced, false);
  end();
  await Promise.all([held, sync]);
  assert.equal(synced, true);

  /** @type {any[]} */
  const shelves = [];
  const laneOn = (/** @type {any} */ shelf) => {
    shelves.push(shelf.scope);
    return { busy: false, run: (/** @type {() => Promise<any>} */ work) => work() };
  };
  two(undefined, undefined, { laneOn });
  assert.deepEqual(shelves, ['wallet-2']);
});
