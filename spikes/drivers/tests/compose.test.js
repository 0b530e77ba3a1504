/** What a composed driver says of itself: where its wallet executes, in its status, its receipts and its states. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { composeConvexDriver } from '../convex/compose.js';
import { composeDriver } from '../l402/compose.js';
import { PhaseClock } from '../wallet/phases.js';
import { DEAD_NETWORK, readJson, wallet } from './support/drivers.js';
import { REQUEST } from './support/shop.js';

const ENV = {
  SPARKGATE_RUNTIME: 'test',
  SPARKGATE_TOKEN: 'right',
  SPARKGATE_WALLET_ID: 'wallet-1',
  SPARKGATE_NETWORK: JSON.stringify(DEAD_NETWORK),
  SPARKGATE_MNEMONIC: 'any words do: no SDK is built',
};
const EXECUTOR = { SPARKGATE_EXECUTOR_URL: 'http://127.0.0.1:9', SPARKGATE_EXECUTOR_TOKEN: 'x' };
const HOST = { name: 'test', errors: readJson('wallet/errors.json'), oneAtATime: true };
const loadSdk = async () => assert.fail('no SDK is needed for a refusal');

/** An action's ctx in a deployment that remembers nothing. */
const ctx = {
  runQuery: async (/** @type {any} */ _reference, /** @type {any} */ { places, tables }) => ({
    rows: places.map((/** @type {any} */ place) => ({ ...place, version: 0, value: null })),
    tables: tables.map((/** @type {string} */ table) => ({ table, revision: 0, rows: [] })),
  }),
  runMutation: async () => ({ committed: true }),
};

/** @param {(request: Request) => Promise<Response>} handle @param {string} path @param {unknown} [body] @returns {Promise<any>} */
async function ask(handle, path, body) {
  const headers = { authorization: 'Bearer right' };
  const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
  return (await handle(new Request(`http://driver.invalid${path}`, init))).json();
}

/** A purchase that the policy refuses at once. */
const REFUSED = {
  requestId: REQUEST,
  url: 'http://seller.example:8402/a?b=c',
  policy: { maxAmountMsats: 1, hostAllowlist: [], killSwitch: true },
};

/** @type {[string, string, (request: Request) => Promise<Response>][]} */
const DRIVERS = [
  ['a Worker with its own wallet', 'worker_native', composeDriver({ ...HOST, env: ENV, loadSdk })],
  ['a Worker that calls an executor', 'runtime', composeDriver({ ...HOST, env: { ...ENV, ...EXECUTOR }, loadSdk })],
  ['a Convex action', 'convex_native', composeConvexDriver({ ctx, env: ENV, name: 'test', loadSdk })],
];

for (const [name, backendMode, handle] of DRIVERS) {
  test(`${name} says ${backendMode}`, async () => {
    const answer = await ask(handle, '/experiments/l402_fetch', { input: REFUSED });
    assert.deepEqual([answer.ok, answer.code, answer.receipt.backendMode], [true, 'kill_switch_on', backendMode]);
    const { walletId, walletSource, host } = answer.receipt;
    assert.deepEqual([walletId, walletSource, host], ['wallet-1', null, 'seller.example']);
  });
}

test('what became of a purchase is told by GET /requests/{requestId}', async () => {
  const handle = composeDriver({ ...HOST, env: ENV, loadSdk });
  assert.equal((await ask(handle, `/requests/${REQUEST}`)).error.code, 'not_found');
  const { receipt } = await ask(handle, '/experiments/l402_fetch', { input: REFUSED });
  const told = await ask(handle, `/requests/${REQUEST}`);
  assert.deepEqual([told.requestId, told.state, told.receipt], [REQUEST, 'blocked', receipt]);
});

test('a wallet service alone is a runtime of its own', async () => {
  const { service, request } = wallet();
  assert.equal(service.backendMode, 'runtime');
  assert.equal((await service.payBolt11(request, new PhaseClock())).result.receipt.backendMode, 'runtime');
});
