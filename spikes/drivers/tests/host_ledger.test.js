/** The ledger of host needs: what it passes on, what it counts, and whether its table knows every import. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { watchHost } from '../wallet/host_ledger.js';
import { OpenWork } from '../wallet/open_work.js';
import { readJson } from './support/drivers.js';

const SDK = 'node_modules/@breeztech/breez-sdk-spark/';
const NAMESPACE = './breez_sdk_spark_wasm_bg.js';
const FETCH = '__wbg_fetch_0123456789abcdef';
const TABLE = readJson('../inspections/host_apis.json');
const GLUE = ['glue:TextDecoder', 'glue:TextEncoder', 'glue:WebAssembly.Instance'];

const { Instance } = WebAssembly;
const ledger = watchHost();

/** @param {number} id @param {number[]} bytes */
const section = (id, bytes) => [id, bytes.length, ...bytes];
/** @param {string} text */
const named = (text) => [text.length, ...Buffer.from(text)];
/**
 * A module that imports one function (i32) -> i32 and one memory, and exports the function as `go`.
 * @param {string} namespace
 */
const moduleBytes = (namespace) =>
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
    ...section(2, [2, ...named(namespace), ...named(FETCH), 0, 0, ...named(namespace), ...named('memory'), 2, 0, 1]),
    ...section(7, [1, ...named('go'), 0, 0]),
  ]);

/** @param {(...args: any[]) => any} call @param {string} [namespace] @returns {(...args: any[]) => any} */
function instantiated(call, namespace = NAMESPACE) {
  const imports = { [namespace]: { [FETCH]: call, memory: new WebAssembly.Memory({ initial: 1 }) } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(namespace)), imports);
  return /** @type {any} */ (exports.go);
}

/** Everything counted while `work` runs as one request of this phase. @param {string} phase @param {() => any} work */
async function counted(phase, work) {
  ledger.take();
  ledger.enter(phase);
  try {
    await work();
  } finally {
    ledger.leave();
  }
  return ledger.take();
}

test('an import gets its arguments and its `this`, and gives back its result or its exception', async () => {
  /** @type {any[]} */
  const seen = [];
  const boom = new RangeError('boom');
  const { counts } = await counted('sync', () => {
    /** @this {unknown} @param {any[]} args */
    function call(...args) {
      seen.push([this, ...args]);
      if (args[0] === 13) throw boom;
      return args[0] + 1;
    }
    const go = instantiated(call);
    assert.equal(go(41), 42);
    assert.equal(go(41), 42);
    assert.throws(
      () => go(13),
      (error) => error === boom,
    );
  });
  assert.deepEqual(seen, [
    [undefined, 41],
    [undefined, 41],
    [undefined, 13],
  ]);
  assert.deepEqual(counts, { sync: { ...Object.fromEntries(GLUE.map((name) => [name, 1])), [FETCH]: 3 } });
});

test('calls belong to the phase of their request, and to none between requests', async () => {
  const go = instantiated((x) => x);
  assert.deepEqual((await counted('claim', () => go(1))).counts, { claim: { [FETCH]: 1 } });
  go(1);
  assert.deepEqual(ledger.take().counts, { idle: { [FETCH]: 1 } });
  assert.deepEqual(ledger.take().counts, {});
});

test('asynchronous instantiation is watched too; other wasm is left alone', async () => {
  const bytes = moduleBytes(NAMESPACE);
  const minus = (/** @type {number} */ x) => -x;
  const imports = { [NAMESPACE]: { [FETCH]: minus, memory: new WebAssembly.Memory({ initial: 1 }) } };
  const { counts } = await counted('sync', async () => {
    const { instance } = await WebAssembly.instantiate(bytes, imports);
    assert.equal(/** @type {any} */ (instance.exports).go(3), -3);
    const second = await WebAssembly.instantiate(new WebAssembly.Module(bytes), imports);
    assert.ok(second instanceof WebAssembly.Instance);
    assert.equal(/** @type {any} */ (second.exports).go(4), -4);
  });
  assert.equal(counts.sync[FETCH], 2);
  const other = await counted('sync', () => assert.equal(instantiated((x) => x, './host_own.js')(5), 5));
  assert.deepEqual(other.counts, {});
});

test('attempts to generate code are counted, and work as before', async () => {
  const { codeGenerations } = await counted('sync', async () => {
    assert.equal(globalThis.eval('20 + 1'), 21);
    assert.equal(new Function('a', 'return a + 1')(1), 2);
    assert.equal(Function('return 3')(), 3);
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    assert.equal(await new AsyncFunction('return 4')(), 4);
    const bytes = moduleBytes(NAMESPACE);
    const module = new WebAssembly.Module(bytes);
    assert.ok(module instanceof WebAssembly.Module && (await WebAssembly.compile(bytes)) instanceof WebAssembly.Module);
    const imports = { [NAMESPACE]: { [FETCH]: () => 0, memory: new WebAssembly.Memory({ initial: 1 }) } };
    await WebAssembly.instantiate(module, imports); // from a module: no generation
    await WebAssembly.instantiate(bytes, imports);
    await assert.rejects(WebAssembly.compile(new Uint8Array(3)), WebAssembly.CompileError);
  });
  assert.equal(codeGenerations, 8);
  assert.ok((() => {}) instanceof Function && (() => {}).constructor === Function);
});

test('what Node compiles for its own fetch is not the SDK’s doing', async (t) => {
  const { serve } = await import('./support/servers.js');
  const url = await serve(t, async () => new Response('hello'));
  const { codeGenerations } = await counted('sync', async () => assert.equal(await (await fetch(url)).text(), 'hello'));
  assert.equal(codeGenerations, 0);
});

test('watching twice is watching once', () => {
  const watched = WebAssembly.Instance;
  assert.equal(watchHost(), ledger);
  assert.equal(WebAssembly.Instance, watched);
  assert.notEqual(watched, Instance);
});

test('the real SDK is built and heard', async () => {
  console.log = console.warn = () => {}; // its Node entry tells which databases are not installed
  const { counts, codeGenerations } = await counted('build', async () => {
    const { loadSdk } = await import('../node/sdk.js');
    const { sdk, memoryBytes } = await loadSdk();
    assert.equal(sdk.defaultServerConfig('regtest').network, 'regtest');
    assert.ok(Number(memoryBytes()) > 1_000_000);
  });
  assert.equal(counts.build['glue:WebAssembly.Instance'], 1);
  assert.equal(counts.build.__wbindgen_init_externref_table, 1);
  assert.equal(codeGenerations, 1, 'its Node build compiles the wasm from bytes');
});

test('timers that have not fired and fetches that have not ended are left over', async (t) => {
  const work = new OpenWork();
  const start = work.watched('__wbg_setTimeout_0123456789abcdef', (call, ms) => setTimeout(call, ms));
  const stop = work.watched('__wbg_clearTimeout_0123456789abcdef', (id) => clearTimeout(id));
  const send = work.watched('__wbg_fetch_0123456789abcdef', (answer) => answer);
  const untouched = () => 1;
  assert.equal(work.watched('__wbg_then_0123456789abcdef', untouched), untouched);

  const forgotten = start(() => {}, 60_000);
  t.after(() => clearTimeout(forgotten));
  stop(start(() => {}, 60_000));
  await new Promise((resolve) => start(resolve, 1));
  await send(Promise.resolve(1));
  await assert.rejects(send(Promise.reject(new Error('refused'))), { message: 'refused' });
  const endless = new Promise(() => {});
  assert.equal(send(endless), endless);
  assert.deepEqual(work.leftOver(), { timers: 1, fetches: 1 });
  assert.deepEqual(work.leftOver(), { timers: 0, fetches: 0 }, 'told once');
});

// --- the table --------------------------------------------------------------------------------------------------

/** @param {string} name */
const exact = (name) => name.replace(/^__wbg_/, '');
/** @param {string} name */
const stem = (name) => exact(name).replace(/_[0-9a-f]{16}$/, '');
const imported = WebAssembly.Module.imports(
  new WebAssembly.Module(readFileSync(new URL(`../${SDK}web/breez_sdk_spark_wasm_bg.wasm`, import.meta.url))),
);
const listed = [
  ...Object.values(TABLE.apis).flatMap((paths) => Object.values(paths).flat()),
  ...TABLE.probe,
  ...TABLE.core,
  ...TABLE.extension,
];

test('every import of the pinned wasm has one place in the table, and the table has no other', () => {
  const places = new Set(listed);
  assert.equal(places.size, listed.length, 'a name is listed twice');
  assert.ok(imported.length > 300);
  const used = imported.map(({ module, name }) => {
    assert.equal(module, NAMESPACE);
    const place = [exact(name), stem(name)].find((candidate) => places.has(candidate));
    assert.ok(place, `${name} is not classified`);
    return place;
  });
  assert.deepEqual(new Set([...used, ...GLUE]), places);
});

test('an import that needs a host API names it in the glue', () => {
  const glue = readFileSync(new URL(`../${SDK}web/breez_sdk_spark_wasm.js`, import.meta.url), 'utf8');
  const bodies = new Map(
    [...glue.matchAll(/^ {8}(__wb\w+): function([\s\S]*?)^ {8}\},/gm)].map(([, name, body]) => [name, body]),
  );
  assert.equal(bodies.size, imported.length);
  for (const paths of Object.values(TABLE.apis)) {
    for (const [path, names] of Object.entries(paths)) {
      assert.match(path, /^globalThis\.[A-Za-z.]+$/);
      for (const { name } of imported.filter(({ name }) => names.includes(exact(name)) || names.includes(stem(name)))) {
        const word = path === 'globalThis.process.versions.node' ? /require|randomFillSync/ : path.split('.').at(-1);
        assert.match(String(bodies.get(name)), new RegExp(word ?? ''), `${name} as ${path}`);
      }
    }
  }
  for (const needed of ['new TextDecoder(', 'new TextEncoder(', 'new WebAssembly.Instance(']) {
    assert.ok(glue.includes(needed), needed);
  }
});
