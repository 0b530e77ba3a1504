/** The executor of Node actions: real processes, real Convex functions; no wallet, no database. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { NodeExecutor } from '../convex/node/standin/executor.js';

const CONVEX = fileURLToPath(new URL('../node_modules/convex', import.meta.url));
const MODULE = `
import { anyApi, internalActionGeneric } from 'convex/server';
let calls = 0;
export const count = internalActionGeneric(async () => (calls += 1));
export const echo = internalActionGeneric(async (_ctx, args) => args);
export const around = internalActionGeneric(async () => ({
  names: Object.keys(process.env).sort(),
  directory: __dirname,
  required: typeof require('node:fs').readFileSync,
}));
export const reject = internalActionGeneric(async () => {
  Promise.reject(new Error('nobody listens'));
  await new Promise(() => setTimeout(() => {}, 60_000));
});
export const leave = internalActionGeneric(async () => process.exit(3));
export const hang = internalActionGeneric(() => new Promise(() => setTimeout(() => {}, 60_000)));
export const large = internalActionGeneric(async () => 'x'.repeat(6_000_001));
export const hungry = internalActionGeneric(async () => {
  const kept = [];
  for (;;) kept.push(new Array(100_000).fill(1.5));
});
export const ask = internalActionGeneric((ctx) => ctx.runQuery(anyApi.shelf.read, { scope: 'w' }));
let stale;
export const keep = internalActionGeneric(async (ctx) => void (stale = ctx));
export const askLater = internalActionGeneric(() => stale.runQuery(anyApi.shelf.read, {}));
`;

/** @param {any} t @param {{node?: string, module?: string, callTimeoutMs?: number}} [options] */
async function executor(t, { node = process.execPath, module = MODULE, callTimeoutMs } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'sparkgate-'));
  const modulesDir = join(directory, 'modules');
  mkdirSync(modulesDir);
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(CONVEX, join(directory, 'node_modules', 'convex'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  writeFileSync(join(modulesDir, 'probe.js'), module);
  /** @type {{op: string, args: any}[]} */
  const asked = [];
  const made = new NodeExecutor({
    node,
    push: { directory, modulesDir, modules: ['probe.js'] },
    variables: { SPARKGATE_X: '1' },
    onSyscall: async (op, args) => {
      asked.push({ op, args });
      return '{"rows":[]}';
    },
    log: () => {},
    ...(callTimeoutMs ? { callTimeoutMs } : {}),
  });
  t.after(async () => {
    await made.close();
    rmSync(directory, { recursive: true });
  });
  return { made, asked, directory };
}

test('a process stays warm: modules keep their state from call to call', async (t) => {
  const { made } = await executor(t);
  await made.analyze();
  assert.deepEqual([await made.call('probe:count', '{}'), await made.call('probe:count', '{}')], ['1', '2']);
  assert.equal(made.figures.coldStarts, 1);
  assert.equal(made.version, process.versions.node);
  assert.ok(made.figures.analysisS > 0 && made.figures.peakRssBytes > 20e6, JSON.stringify(made.figures));
});

test('an action finds the variables of the deployment, and of the parent only what Convex gives', async (t) => {
  process.env.SPARKGATE_OF_THE_PARENT = 'must not leak';
  t.after(() => delete process.env.SPARKGATE_OF_THE_PARENT);
  const { made, directory } = await executor(t);
  const { names, directory: seen, required } = JSON.parse(await made.call('probe:around', '{}'));
  const allowed = new Set(['PATH', 'PWD', 'LANG', 'NODE_PATH', 'TZ', 'UTC', 'SPARKGATE_X']);
  assert.deepEqual(
    names.filter((/** @type {string} */ name) => !allowed.has(name)),
    [],
  );
  assert.ok(names.includes('SPARKGATE_X') && names.includes('PWD'));
  assert.ok(!seen.startsWith(directory), "__dirname is the executor's own");
  assert.equal(required, 'function');
});

for (const [name, reason] of [
  ['reject', /unhandled rejection: Error: nobody listens/],
  ['leave', /ended with status 3/],
]) {
  test(`${name}: the call is answered with an error, the process ends, the next call starts a new one`, async (t) => {
    const { made } = await executor(t);
    await made.call('probe:count', '{}');
    await assert.rejects(made.call(`probe:${name}`, '{}'), /** @type {any} */ ({ message: reason }));
    assert.equal(await made.call('probe:count', '{}'), '1');
    assert.equal(made.figures.coldStarts, 2);
  });
}

test('every call that shares the process ends with it', async (t) => {
  const { made } = await executor(t);
  const hanging = assert.rejects(made.call('probe:hang', '{}'), /unhandled rejection/);
  await assert.rejects(made.call('probe:reject', '{}'), /unhandled rejection/);
  await hanging;
});

test('a call that takes too long is ended together with its process', async (t) => {
  const { made } = await executor(t, { callTimeoutMs: 500 });
  await assert.rejects(made.call('probe:hang', '{}'), /no answer within 0.5 s/);
  assert.equal(await made.call('probe:count', '{}'), '1');
});

test('a heap that outgrows the process ends it', async (t) => {
  const { made } = await executor(t);
  await assert.rejects(made.call('probe:hungry', '{}'), /ended with SIG(ABRT|TRAP)/);
  const { peakRssBytes } = made.figures;
  assert.ok(peakRssBytes > 300e6 && peakRssBytes < 600e6, `its peak was seen, and it is capped: ${peakRssBytes}`);
});

test('arguments over 5 MiB and results over 6 MB are refused', async (t) => {
  const { made } = await executor(t);
  const argument = (/** @type {number} */ bytes) => JSON.stringify({ a: 'x'.repeat(bytes - '[{"a":""}]'.length) });
  await made.call('probe:echo', argument(5 * 1024 * 1024));
  assert.equal(made.figures.argumentsBytesPeak, 5 * 1024 * 1024);
  await assert.rejects(made.call('probe:echo', argument(5 * 1024 * 1024 + 1)), /arguments .* 5242881 bytes/);
  await assert.rejects(made.call('probe:large', '{}'), /result .* 6000003 bytes/);
});

test('what an action asks of the backend carries its call, and is refused once the call is over', async (t) => {
  const { made, asked } = await executor(t);
  assert.equal(await made.call('probe:ask', '{}'), '{"rows":[]}');
  assert.equal(asked[0].op, '1.0/actions/query');
  assert.deepEqual([asked[0].args.name, asked[0].args.args], ['shelf:read', { scope: 'w' }]);
  await made.call('probe:keep', '{}');
  await assert.rejects(made.call('probe:askLater', '{}'), /1\.0\/actions\/query of a call that is over/);
  assert.equal(asked.length, 1);
});

test('a push is refused in one line: a module that throws, one without actions, no Node', async (t) => {
  const throwing = await executor(t, { module: 'new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 9]));' });
  await assert.rejects(
    throwing.made.analyze(),
    /^Error: the push is refused: probe.js cannot be imported: CompileError:/,
  );
  const empty = await executor(t, { module: 'export const handle = 1;' });
  await assert.rejects(empty.made.analyze(), /the push is refused: probe.js exports no action/);
  const missing = await executor(t, { node: '/nowhere/node' });
  await assert.rejects(missing.made.analyze(), /^Error: Node cannot be started: .*ENOENT; run `make setup`$/);
});
