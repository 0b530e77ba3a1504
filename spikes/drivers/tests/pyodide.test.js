/** worker.py in a real Pyodide, with an SDK that answers what it is told to: what crosses the FFI, and how. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { loadPyodide } from 'pyodide';

import * as ffi from '../pyodide/ffi.js';
import { heapSnapshotBytes } from '../pyodide/heap_snapshot.js';
import { isAuthorized } from '../wallet/auth.js';
import { MemoryShelf } from '../wallet/shelf.js';

/** @type {any} */
let worker;
/** @type {any} */
let python;
/** @type {any} what worker.py gave to composeDriver */
let host;
const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
const memory = { buffer: new ArrayBuffer(65536) };
/** @type {any[]} */
const initialised = [];

class Refusal extends Error {
  code = 'refused';
}
const REASONS = { error: new Refusal('no'), text: 'a text', thing: { type: 'notFound' } };
/** A rejected promise that nobody has to handle. @param {unknown} reason */
const rejected = (reason) => {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
};

/** Stands for the SDK: every method shows `this`, its arguments, or an end. */
class Sdk {
  name = 'the SDK';
  async getInfo(/** @type {any} */ request) {
    return { request, from: this.name };
  }
  async sendPayment(/** @type {{end: keyof typeof REASONS}} */ { end }) {
    throw REASONS[end];
  }
  async listPayments(/** @type {any[]} */ ...all) {
    return all;
  }
  free() {
    return `${this.name} is free`;
  }
  _hidden() {}
}

before(async () => {
  const pyodide = await loadPyodide();
  pyodide.registerJsModule('sparkgate', {
    composeDriver: (/** @type {any} */ given) => {
      host = given;
      return async (/** @type {Request} */ request) => new Response(`answer to ${request.url}`);
    },
    errors: { codes: {} },
    ...ffi,
    MemoryShelf,
    heapSnapshotBytes,
    isAuthorized,
    sdk: {
      initSync: (/** @type {any} */ given) => {
        initialised.push(given);
        return { memory };
      },
    },
    sdkModule: module,
  });
  pyodide.FS.writeFile('worker.py', readFileSync(new URL('../pyodide/worker.py', import.meta.url)));
  worker = pyodide.pyimport('worker');
  python = pyodide;
  assert.equal(await (await asked('/status')).text(), 'answer to http://127.0.0.1/status');
});

/** @param {string} path @param {HeadersInit} headers */
const asked = (path, headers = { authorization: 'Bearer x' }) =>
  worker.on_fetch(new Request(`http://127.0.0.1${path}`, { headers }), { SPARKGATE_TOKEN: 'x' });

/** The SDK as the wallet gets it from Python. @param {any} [built] */
const driven = async (built = new Sdk()) =>
  (await host.loadSdk()).build({ build: async () => built });

test('Python puts the driver together once, with plain objects and its own settings', async () => {
  assert.deepEqual([host.name, host.oneAtATime, host.env], ['pyodide', true, { SPARKGATE_TOKEN: 'x' }]);
  assert.ok(host.shelf instanceof MemoryShelf);
  const first = host;
  await worker.on_fetch(new Request('http://127.0.0.1/'), {});
  assert.equal(host, first);
});

test('Python instantiates the SDK from a compiled module and tells its memory', async () => {
  const loaded = await host.loadSdk();
  assert.equal(await host.loadSdk(), loaded);
  assert.deepEqual(initialised, [{ module }]);
  assert.equal(Object.getPrototypeOf(initialised[0]), Object.prototype);
  assert.equal(loaded.memoryBytes(), 65536);
});

test('the meter tells what only the inside can measure, to who shows the token', async () => {
  for (const headers of [{}, { authorization: 'Bearer y' }]) {
    assert.equal((await asked('/standin/meter', headers)).status, 401);
  }
  const { ok, facts } = await (await asked('/standin/meter')).json();
  const told = Object.fromEntries(facts.map((/** @type {any} */ { name, value }) => [name, value]));
  assert.equal(ok, true);
  assert.equal(told.pyodide_heap_bytes, python._module.HEAP8.byteLength);
  assert.ok(told.isolate_memory_bytes > told.pyodide_heap_bytes && told.pyodide_heap_bytes > 2 ** 24);
  assert.ok(facts.every((/** @type {any} */ { how }) => how.length > 20));
});

test('every call of the SDK is made by Python, on the SDK itself, with the very same values', async () => {
  const sdk = await driven();
  const before = python.runPython('import worker\nworker.calls.total()');
  const request = { amount: 5n, call: () => 7 };
  const { request: same, from } = await sdk.getInfo(request);
  assert.equal(same, request);
  assert.equal(from, 'the SDK');
  const values = [null, undefined, 5n, 2n ** 70n, 1.5, true, 'text', request];
  assert.deepEqual(await sdk.listPayments(...values), values);
  assert.equal(sdk.free(), 'the SDK is free');
  assert.equal(python.runPython('worker.calls.total()'), before + 3);
  assert.deepEqual(Object.keys(sdk).sort(), ['free', 'getInfo', 'listPayments', 'sendPayment']);
});

test('what the SDK rejects with arrives as it is, whatever it is', async () => {
  const sdk = await driven();
  const { build } = await host.loadSdk();
  for (const [end, reason] of Object.entries(REASONS)) {
    await assert.rejects(sdk.sendPayment({ end }), (thrown) => thrown === reason);
    await assert.rejects(build({ build: () => rejected(reason) }), (thrown) => thrown === reason);
  }
});

test('without that care an error would lose its class and code, and anything else its way', async (t) => {
  const naive = python.runPython('async def naive(promise):\n    return await promise\nnaive');
  await assert.rejects(naive(rejected(REASONS.error)), (/** @type {any} */ thrown) => {
    assert.deepEqual([thrown.name, thrown.code], ['PythonError', undefined]);
    return /Traceback[^]*Error: no/.test(thrown.message);
  });
  // Node's test runner would call what Pyodide throws to nobody a failure of this test: here it is what is looked for.
  const listeners = process.listeners('unhandledRejection');
  t.after(() => listeners.forEach((listener) => process.on('unhandledRejection', listener)));
  const thrownToNobody = new Promise((resolve) => {
    process.removeAllListeners('unhandledRejection').once('unhandledRejection', resolve);
  });
  const end = naive(rejected(REASONS.thing)).then(() => 'an end', () => 'an end');
  assert.match((await Promise.race([end, thrownToNobody])).message, /invalid exception object/);
});

test('calls leave no proxy behind: a thousand of them do not grow the heap', async () => {
  const sdk = await driven();
  const run = async (/** @type {number} */ times) => {
    for (let index = 0; index < times; index += 1) await sdk.getInfo({ index });
  };
  const objects = python.runPython('import gc\nlambda: len(gc.get_objects())');
  await run(50);
  const before = objects();
  await run(1000);
  assert.ok(objects() - before < 100, `${objects() - before} objects more after 1000 calls`);
});
