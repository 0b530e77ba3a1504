import assert from 'node:assert/strict';
import { test } from 'node:test';

import { L402Buyer } from '../l402/buyer.js';
import { loadSdk } from '../node/sdk.js';
import { PhaseClock } from '../wallet/phases.js';
import { sdkConfig } from '../wallet/sdk_config.js';
import { DEAD_NETWORK, errorTable, wallet } from './support/drivers.js';
import { writeInvoice } from './support/invoices.js';

// Its Node entry tells the console which databases are not installed; here nobody wants to know.
console.log = console.warn = () => {};

test('the SDK is told its network, its key, and no address but those of the description', async () => {
  const { sdk } = await loadSdk();
  for (const told of [{ network: 'regtest' }, { network: 'mainnet', apiKey: 'a key' }, {}]) {
    const config = sdkConfig(sdk, { ...DEAD_NETWORK, ...told });
    assert.equal(config.network, told.network ?? 'regtest');
    assert.equal(config.apiKey, told.apiKey);
    const text = JSON.stringify(config);
    assert.deepEqual([...new Set(text.match(/https?:\/\/[^"/]+/g))], ['http://127.0.0.1:9']);
    assert.ok(!text.includes('breez.tips'));
  }
});

test('a wallet pays invoices of its own network, and no others', async () => {
  const networks = [
    { sparkNetwork: 'regtest', own: 'lnbcrt', other: 'lnbc' },
    { sparkNetwork: 'mainnet', own: 'lnbc', other: 'lnbcrt' },
  ];
  for (const { sparkNetwork, own, other } of networks) {
    const { service, request, paymentHash, calls } = wallet({}, { sparkNetwork });
    const foreign = { ...request, invoice: writeInvoice({ prefix: other, paymentHash }) };
    const refused = { code: 'invalid_request', details: { reason: 'network' } };
    await assert.rejects(service.payBolt11(foreign, new PhaseClock()), refused);
    await assert.rejects(service.quote(foreign.invoice, new PhaseClock()), refused);
    assert.equal(calls.build, 0); // no SDK was even built
    const ours = { ...request, invoice: writeInvoice({ prefix: own, paymentHash }) };
    const { result } = await service.payBolt11(ours, new PhaseClock());
    assert.deepEqual([result.quotedAmountMsats, calls.send], [10_000, 1]);
  }
});

test('a buyer takes offers of its network, regtest if nobody says', () => {
  const { service } = wallet();
  const options = { service, errorTable, walletId: 'w', windowMs: 1_000 };
  assert.equal(new L402Buyer(options).network, 'regtest');
  assert.equal(new L402Buyer({ ...options, network: 'mainnet' }).network, 'mainnet');
});
