/** The inspection of host needs behind the contract: phases, ledger, presence. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { watchHost } from '../wallet/host_ledger.js';
import { inspectedContract, isPresent } from '../wallet/inspection.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { errorTable } from './support/drivers.js';

const TOKEN = 'right';
const FETCH = '__wbg_fetch_0123456789abcdef';
const NOTHING = { codeGenerations: 0, timersLeft: 0, fetchesLeft: 0, missing: [], shims: [] };

/**
 * A contract whose experiment `touch` counts one import, as the SDK would.
 * @param {Partial<import('../wallet/inspection.js').Watch>} [changes]
 */
function contract(changes = {}) {
  const touch = async () => {
    watchHost().count(FETCH);
    return { outcome: 'touched' };
  };
  const fail = async () => {
    watchHost().count(FETCH);
    throw new Error('defect');
  };
  const experiments = { touch, fail };
  const driver = /** @type {any} */ ({ runtime: 'test', sdk: null, errorTable, token: TOKEN, experiments });
  const handle = inspectedContract(driver, { inspect: 'host_needs', shelf: new MemoryShelf(), ...changes });
  return async (/** @type {string} */ name, /** @type {any} */ input = {}) => {
    const request = new Request(`http://driver.invalid/experiments/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ input }),
    });
    const response = await handle(request);
    return { status: response.status, ...(await response.json()) };
  };
}

test('without the inspection there is neither a step nor a watch', async () => {
  const { Instance } = WebAssembly;
  for (const inspect of [undefined, null, '', 'use']) {
    const ask = contract({ inspect });
    assert.equal((await ask('host_needs', { paths: [] })).outcome, 'unsupported');
    assert.equal((await ask('host_phase', { phase: 'sync' })).outcome, 'unsupported');
  }
  assert.equal(WebAssembly.Instance, Instance);
});

test('calls are counted by phase; the first is build; a request that fails counts too', async () => {
  const ask = contract();
  await ask('touch');
  assert.equal((await ask('host_phase', { phase: 'sync' })).outcome, 'marked');
  await ask('touch');
  await ask('touch');
  assert.equal((await ask('fail')).status, 500);
  const { ok, status, experiment, ...report } = await ask('host_needs', { paths: [] });
  assert.deepEqual([ok, status, experiment], [true, 200, 'host_needs']);
  assert.deepEqual(report, { outcome: 'counted', counts: { build: { [FETCH]: 1 }, sync: { [FETCH]: 3 } }, ...NOTHING });
});

test('what fresh contexts have in common is the shelf: phase and counts lie there', async () => {
  const shelf = new MemoryShelf();
  await contract({ shelf })('host_phase', { phase: 'claim' });
  for (const context of [1, 2]) {
    watchHost().phase = `of context ${context}`;
    await contract({ shelf })('touch');
  }
  const { counts } = await contract({ shelf })('host_needs', { paths: [] });
  assert.deepEqual(counts, { claim: { [FETCH]: 2 } });
  assert.deepEqual((await contract()('host_needs', { paths: [] })).counts, {}, 'another shelf knows nothing of it');
});

test('what is left open is told at its largest, generated code as a sum', async () => {
  const ask = contract();
  const { openWork } = watchHost();
  for (const timers of [2, 1]) {
    for (let index = 0; index < timers; index += 1) openWork.timers.add({ id: index });
    watchHost().noted.codeGenerations += 1;
    await ask('touch');
  }
  const { timersLeft, fetchesLeft, codeGenerations } = await ask('host_needs', { paths: [] });
  assert.deepEqual({ timersLeft, fetchesLeft, codeGenerations }, { timersLeft: 2, fetchesLeft: 0, codeGenerations: 2 });
});

test('missing paths and declared shims are told', async () => {
  const ask = contract({ shims: ['Uint8Array.fromBase64'] });
  const paths = ['globalThis.fetch', 'globalThis.noSuchThing', 'globalThis.noSuchThing.prototype.at'];
  const { missing, shims } = await ask('host_needs', { paths });
  assert.deepEqual(missing, paths.slice(1));
  assert.deepEqual(shims, ['Uint8Array.fromBase64']);
});

test('what cannot be read is refused', async () => {
  const ask = contract();
  for (const phase of [undefined, 7, '', 'Sync', 'a b', 'x'.repeat(33)]) {
    assert.equal((await ask('host_phase', { phase })).error.code, 'invalid_request');
  }
  for (const paths of [undefined, 'globalThis.fetch', [7], ['window.fetch']]) {
    assert.equal((await ask('host_needs', { paths })).error.code, 'invalid_request');
  }
});

test('a path is present if it leads to something', () => {
  const there = ['fetch', 'crypto.getRandomValues', 'Response.prototype.body', 'Response.prototype.text', 'Date.now'];
  const gone = ['nothing', 'nothing.prototype.x', 'fetch.nothing', 'Response.prototype.nothing', 'Map.nothing.at'];
  for (const path of there) assert.equal(isPresent(`globalThis.${path}`), true, path);
  for (const path of gone) assert.equal(isPresent(`globalThis.${path}`), false, path);
});

test('a removed or emptied API is seen as missing; no getter of a prototype is run to see it', () => {
  const realm = /** @type {any} */ (globalThis);
  const { AbortController: kept } = realm;
  try {
    delete realm.AbortController;
    assert.equal(isPresent('globalThis.AbortController'), false);
    assert.equal(isPresent('globalThis.AbortController.prototype.abort'), false);
    realm.AbortController = undefined;
    assert.equal(isPresent('globalThis.AbortController'), false);
    realm.AbortController = class {
      get signal() {
        throw new Error('was run');
      }
    };
    realm.AbortController.prototype.abort = undefined;
    assert.equal(isPresent('globalThis.AbortController.prototype.signal'), true);
    assert.equal(isPresent('globalThis.AbortController.prototype.abort'), false);
  } finally {
    realm.AbortController = kept;
  }
  assert.equal(isPresent('globalThis.AbortController.prototype.abort'), true);
});
