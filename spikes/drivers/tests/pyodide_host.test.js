/** The Pyodide driver as a process, with the real SDK. No Spark network is needed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { DEAD_NETWORK } from './support/drivers.js';
import { startDriver } from './support/servers.js';

const PROGRAM = fileURLToPath(new URL('../pyodide/server.js', import.meta.url));
const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const TOKEN = 'token-of-the-test';

/** @param {import('node:test').TestContext} t @param {Record<string, string>} [changes] */
const start = (t, changes) =>
  startDriver(t, {
    command: process.execPath,
    args: [PROGRAM],
    env: {
      SPARKGATE_RUNTIME: 'pyodide',
      SPARKGATE_TOKEN: TOKEN,
      SPARKGATE_MNEMONIC: MNEMONIC,
      SPARKGATE_NETWORK: JSON.stringify(DEAD_NETWORK),
      SPARKGATE_LIFELINE: '1',
      ...changes,
    },
    announceOn: 1,
  });

test('it serves the contract, says what it cannot reach, and ends with its parent', async (t) => {
  const { ask, child, exited, output } = await start(t);
  const sdk = '@breeztech/breez-sdk-spark 0.19.2';
  assert.deepEqual((await ask('/healthz', null, '')).body, { ok: true, runtime: 'pyodide', sdk });
  assert.equal((await ask('/status', null, 'wrong')).status, 401);
  const { body } = await ask('/status');
  assert.deepEqual([body.balanceSats, body.walletState, body.durability], [0, 'unsynced', 'isolate']);
  assert.ok(body.wasmMemoryBytes > 1_000_000);
  assert.equal((await ask('/experiments/sync', { input: {} })).body.code, 'connect_failed');
  assert.equal((await ask('/experiments/rebuild', { input: {} })).body.outcome, 'rebuilt');
  assert.equal((await ask('/status')).body.identityPublicKey, body.identityPublicKey);
  assert.equal((await ask('/experiments/made-up', { input: {} })).body.outcome, 'unsupported');
  child.stdin.end();
  assert.deepEqual(await exited, { code: 0, signal: null });
  assert.match(output.stdout, /^\{"event":"listen","port":\d+\}\n$/);
  for (const hidden of [TOKEN, MNEMONIC]) assert.equal((output.stdout + output.stderr).includes(hidden), false);
});

test('without a token it answers nothing but its health; a wrong mnemonic has a typed error', async (t) => {
  const silent = await start(t, { SPARKGATE_TOKEN: '' });
  assert.equal((await silent.ask('/healthz')).status, 200);
  for (const path of ['/status', '/standin/meter']) {
    for (const token of ['', 'undefined', 'null']) assert.ok((await silent.ask(path, null, token)).status >= 400);
  }
  const lost = await start(t, { SPARKGATE_MNEMONIC: 'x' });
  assert.equal((await lost.ask('/status')).body.error.code, 'mnemonic_invalid');
  lost.child.kill('SIGTERM');
  assert.deepEqual(await lost.exited, { code: 0, signal: null });
});
