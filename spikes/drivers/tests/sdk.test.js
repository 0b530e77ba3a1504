/** The real SDK, as installed, without a network: what the drivers take for granted about it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadSdk } from '../node/sdk.js';
import { decodeBolt11 } from '../wallet/bolt11.js';
import { mnemonicSource } from '../wallet/custody.js';
import { readTerms, requireSameReading } from '../wallet/invoice.js';
import { PhaseClock } from '../wallet/phases.js';
import { SDK } from '../wallet/sdk_version.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { LocalWalletService } from '../wallet/service.js';
import { WalletSession } from '../wallet/session.js';
import { DEAD_NETWORK, errorTable, readJson, settings } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';

// Its Node entry tells the console which databases are not installed; here nobody wants to know.
console.log = console.warn = () => {};

const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const { invoices } = readJson('tests/vectors/bolt11.json');

/** @param {string} mnemonic */
const session = (mnemonic) =>
  new WalletSession({
    loadSdk,
    network: /** @type {any} */ (DEAD_NETWORK),
    errorTable,
    fetchMnemonic: mnemonicSource({ custody: { source: 'legacy_env', mnemonic }, walletId: 'w' }, 'regtest'),
    shelf: new MemoryShelf(),
  });

test('it is the version that the drivers are pinned to', () => {
  const [name, version] = SDK.split(' ');
  assert.equal(readJson('package.json').dependencies[name], version);
  assert.equal(readJson(`node_modules/${name}/package.json`).version, version);
  assert.equal(readJson('package-lock.json').packages[`node_modules/${name}`].version, version);
});

test('the lock file has a digest for every package and names no address to download from', () => {
  const { '': project, ...packages } = readJson('package-lock.json').packages;
  assert.ok(Object.keys(packages).length > 10);
  for (const [name, { integrity, resolved }] of Object.entries(packages)) {
    assert.match(integrity, /^sha512-/, name);
    assert.equal(resolved, undefined, name);
  }
  for (const version of Object.values({ ...project.dependencies, ...project.optionalDependencies })) {
    assert.match(version, /^[0-9.]+$/, 'exact pins only');
  }
});

test('a mnemonic makes the same wallet every time; none or a wrong one is a typed error', async () => {
  const clock = new PhaseClock();
  const first = await session(MNEMONIC).info(clock);
  assert.deepEqual(await session(MNEMONIC).info(clock), first);
  assert.match(first.identityPublicKey, /^0[23][0-9a-f]{64}$/);
  assert.equal(first.balanceSats, 0n);
  await assert.rejects(session('').info(clock), { code: 'mnemonic_missing' });
  for (const wrong of [
    'three words only',
    MNEMONIC.replace('yellow', 'winner'),
    MNEMONIC.replace('yellow', 'qwerty'),
  ]) {
    await assert.rejects(session(wrong).info(clock), (/** @type {any} */ error) => {
      assert.equal(error.code, 'mnemonic_invalid');
      assert.equal(error.message.includes(wrong), false);
      return true;
    });
  }
});

test('building is shared, and is tried again after a failure', async () => {
  const shared = session(MNEMONIC);
  const clock = new PhaseClock();
  const [first, second] = await Promise.all([shared.ready(clock), shared.ready(clock)]);
  assert.equal(first, second);
  assert.deepEqual(
    clock.phases.map(({ name }) => name),
    ['unseal', 'load', 'build'],
  );
  assert.ok(Number(shared.memoryBytes?.()) > 1_000_000);
});

test('its reading of invoices is ours; a wrong signature only it can see', async () => {
  const sdk = await session(MNEMONIC).ready(new PhaseClock());
  for (const { name, invoice } of invoices) {
    const parsed = await sdk.parse(invoice);
    const decoded = decodeBolt11(invoice);
    assert.equal(parsed.paymentHash, decoded.paymentHash, name);
    assert.equal(parsed.amountMsat === undefined ? null : BigInt(parsed.amountMsat), decoded.amountMsats, name);
    assert.deepEqual([parsed.timestamp, parsed.expiry], [decoded.timestampS, decoded.expiryS], name);
  }
  await requireSameReading(sdk, readTerms(invoices[0].invoice, 'regtest'));
  const unsigned = readTerms(writeInvoice({ paymentHash: secret('x').paymentHash }), 'regtest');
  await assert.rejects(requireSameReading(sdk, unsigned), {
    code: 'invalid_request',
    details: { reason: 'sdk_parse' },
  });
});

test('a network that is not there is a definite error, although syncWallet itself says nothing', async () => {
  const sdk = await session(MNEMONIC).ready(new PhaseClock());
  await assert.doesNotReject(sdk.syncWallet({}), 'if this fails, the SDK has learned to tell: witnesses.js can go');
  const config = settings({ custody: { source: 'legacy_env', mnemonic: MNEMONIC } });
  const service = new LocalWalletService({ config, errorTable, loadSdk, oneAtATime: true });
  await assert.rejects(service.sync(new PhaseClock()), { code: 'connect_failed' });
  assert.equal((await service.status(new PhaseClock())).walletState, 'stale');
  const { invoice, timestampS } = invoices[0];
  service.nowMs = () => (timestampS + 1) * 1000;
  const request = { requestId: '00000000-0000-4000-8000-000000000001', invoice, maxAmountMsats: 10_000n, host: 'a' };
  await assert.rejects(service.payBolt11(request, new PhaseClock()), { code: 'connect_failed' });
});
