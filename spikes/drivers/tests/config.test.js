import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readConfig } from '../wallet/config.js';
import { createRefusingContract } from '../wallet/contract.js';
import { DEAD_NETWORK, errorTable } from './support/drivers.js';

test('settings: every refusal names its variable, and the driver still lives', async () => {
  const good = { SPARKGATE_RUNTIME: 'r', SPARKGATE_TOKEN: 't', SPARKGATE_NETWORK: JSON.stringify(DEAD_NETWORK) };
  assert.equal(readConfig(good).requestCapMsats, 200_000_000n);
  assert.equal(readConfig({ ...good, SPARKGATE_WINDOW_CAP_MSATS: '5' }).windowCapMsats, 5n);
  const orchestrator = {
    ...good,
    SPARKGATE_NETWORK: null,
    SPARKGATE_EXECUTOR_URL: 'http://127.0.0.1:1/',
    SPARKGATE_EXECUTOR_TOKEN: 'x',
  };
  assert.deepEqual(readConfig(orchestrator).executor, { url: 'http://127.0.0.1:1', token: 'x', timeoutS: 75 });
  const bad = {
    SPARKGATE_RUNTIME: '',
    SPARKGATE_TOKEN: null,
    SPARKGATE_NETWORK: '{',
    SPARKGATE_REQUEST_CAP_MSATS: '1e3',
    SPARKGATE_COMPLETION_TIMEOUT_S: '-1',
    SPARKGATE_EXECUTOR_URL: 'ftp://x',
    SPARKGATE_WINDOW_CAP_MSATS: 'x',
  };
  for (const [name, value] of Object.entries(bad)) {
    assert.throws(() => readConfig({ ...good, [name]: value }), { code: 'config_error', message: new RegExp(name) });
  }
  for (const broken of [{ operators: [] }, { coordinatorIdentifier: 'x' }, { threshold: '2' }, { ssp: {} }]) {
    const network = JSON.stringify({ ...DEAD_NETWORK, ...broken });
    assert.throws(() => readConfig({ ...good, SPARKGATE_NETWORK: network }), { code: 'config_error' });
  }
  let error;
  try {
    readConfig({});
  } catch (thrown) {
    error = thrown;
  }
  const handle = createRefusingContract({ runtime: 'r', sdk: null, errorTable }, error);
  assert.equal((await handle(new Request('http://127.0.0.1/healthz'))).status, 200);
  const refused = await handle(new Request('http://127.0.0.1/status'));
  assert.deepEqual([refused.status, (await refused.json()).error.code], [500, 'config_error']);
});

test('settings: the network by its name, the key of the SDK apart from its description', () => {
  const good = { SPARKGATE_RUNTIME: 'r', SPARKGATE_TOKEN: 't' };
  const told = (/** @type {object} */ changes, env = {}) =>
    readConfig({ ...good, ...env, SPARKGATE_NETWORK: JSON.stringify({ ...DEAD_NETWORK, ...changes }) });
  assert.equal(told({}).sparkNetwork, 'regtest'); // the emulator does not name itself
  assert.equal(told({}).network?.network, 'regtest');
  assert.equal(told({}).network?.apiKey, undefined);
  const mainnet = told({ network: 'mainnet', apiKey: 'not from here' }, { SPARKGATE_API_KEY: 'key' });
  assert.equal(mainnet.sparkNetwork, 'mainnet');
  assert.equal(mainnet.network?.apiKey, 'key');
  for (const network of ['signet', '', 7, 'toString']) {
    assert.throws(() => told({ network }), { code: 'config_error', message: /regtest, mainnet/ });
  }
  const executor = { SPARKGATE_EXECUTOR_URL: 'http://127.0.0.1:1/', SPARKGATE_EXECUTOR_TOKEN: 'x' };
  const buyer = readConfig({ ...good, ...executor, SPARKGATE_NETWORK: '{"network":"mainnet"}' });
  assert.deepEqual([buyer.network, buyer.sparkNetwork], [null, 'mainnet']);
  assert.equal(readConfig({ ...good, ...executor }).sparkNetwork, 'regtest');
});
