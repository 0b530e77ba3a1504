import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { createSessionStore } from '../wallet/sessions.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { createStorage } from '../wallet/storage.js';

const createMemoryStorage = () => createStorage(new MemoryShelf());

/** @param {string} id @param {Record<string, unknown>} [changes] */
const payment = (id, changes = {}) => ({
  id,
  paymentType: 'send',
  status: 'pending',
  amount: 10n,
  fees: 2n,
  timestamp: 100,
  method: 'lightning',
  details: {
    type: 'lightning',
    invoice: `invoice-${id}`,
    htlcDetails: { paymentHash: `hash-${id}`, status: 'waitingForPreimage' },
  },
  ...changes,
});

/** @param {any} storage @param {object} request */
const ids = async (storage, request) => (await storage.listPayments(request)).map((/** @type {any} */ row) => row.id);

test('it has every method of the interface that the installed SDK declares', () => {
  const path = '../node_modules/@breeztech/breez-sdk-spark/nodejs/breez_sdk_spark_wasm.d.ts';
  const declarations = readFileSync(new URL(path, import.meta.url), 'utf8');
  const body = /export interface Storage \{(.*?)\n\}/s.exec(declarations)?.[1] ?? '';
  const names = [...body.matchAll(/^ {4}(\w+): \(/gm)].map((match) => match[1]);
  assert.ok(names.length >= 30, `only ${names.length} methods found: has the declaration changed its form?`);
  assert.deepEqual(
    names.filter((name) => !(name in createMemoryStorage())),
    [],
  );
});

test('a final status is never replaced by another one', async () => {
  for (const final of ['completed', 'failed']) {
    const storage = createMemoryStorage();
    assert.equal(await storage.applyPaymentUpdate(payment('a')), true, 'new');
    assert.equal(await storage.applyPaymentUpdate(payment('a', { fees: 3n })), false, 'same status: stored, not news');
    assert.equal((await storage.getPaymentById('a')).fees, 3n);
    assert.equal(await storage.applyPaymentUpdate(payment('a', { status: final })), true, 'news');
    for (const other of ['pending', final === 'failed' ? 'completed' : 'failed']) {
      assert.equal(await storage.applyPaymentUpdate(payment('a', { status: other })), false);
      assert.equal((await storage.getPaymentById('a')).status, final);
    }
    assert.equal(await storage.applyPaymentUpdate(payment('a', { status: final, fees: 9n })), false);
    assert.equal((await storage.getPaymentById('a')).fees, 9n, 'details of a final payment may still be completed');
  }
});

test('rows are copies: neither side can change the other', async () => {
  const storage = createMemoryStorage();
  const given = payment('a');
  await storage.applyPaymentUpdate(given);
  given.details.invoice = 'changed';
  (await storage.getPaymentById('a')).details.invoice = 'changed';
  assert.equal((await storage.getPaymentById('a')).details.invoice, 'invoice-a');
});

test('an unknown id throws, an unknown invoice does not', async () => {
  const storage = createMemoryStorage();
  await assert.rejects(storage.getPaymentById('nobody'), /not found/);
  assert.equal(await storage.getPaymentByInvoice('nobody'), null);
});

test('lists: newest first, filters before paging, to-timestamp exclusive', async () => {
  const storage = createMemoryStorage();
  await storage.applyPaymentUpdate(payment('a', { timestamp: 1 }));
  await storage.applyPaymentUpdate(payment('b', { timestamp: 3, paymentType: 'receive', details: { type: 'spark' } }));
  await storage.applyPaymentUpdate(payment('c', { timestamp: 2, status: 'completed' }));
  await storage.applyPaymentUpdate(
    payment('d', { timestamp: 4, details: { type: 'token', txHash: 'x', metadata: { identifier: 't' } } }),
  );
  assert.deepEqual(await ids(storage, {}), ['d', 'b', 'c', 'a']);
  assert.deepEqual(await ids(storage, { sortAscending: true, offset: 1, limit: 2 }), ['c', 'b']);
  assert.deepEqual(await ids(storage, { typeFilter: ['send'], offset: 1, limit: 1 }), ['c']);
  assert.deepEqual(await ids(storage, { statusFilter: ['pending'], toTimestamp: 3 }), ['a']);
  assert.deepEqual(await ids(storage, { fromTimestamp: 2, toTimestamp: 4 }), ['b', 'c']);
  assert.deepEqual(await ids(storage, { assetFilter: { type: 'bitcoin' } }), ['b', 'c', 'a']);
  assert.deepEqual(await ids(storage, { assetFilter: { type: 'token', tokenIdentifier: 'other' } }), []);
  assert.deepEqual(await ids(storage, { paymentDetailsFilter: [{ type: 'lightning', htlcStatus: ['returned'] }] }), []);
  assert.deepEqual(await ids(storage, { paymentDetailsFilter: [{ type: 'token', txHash: 'x' }, { type: 'spark' }] }), [
    'd',
    'b',
  ]);
  assert.deepEqual(await ids(storage, { statusFilter: [], limit: null, offset: null }), ['d', 'b', 'c', 'a']);
});

test('metadata is merged, only given values replace, children hide in lists', async () => {
  const storage = createMemoryStorage();
  await storage.applyPaymentUpdate(payment('a'));
  await storage.applyPaymentUpdate(payment('child', { timestamp: 5 }));
  await storage.insertPaymentMetadata('a', { lnurlDescription: 'coffee', conversionStatus: 'pending' });
  await storage.insertPaymentMetadata('a', { lnurlDescription: null, lnurlPayInfo: { comment: 'hi' } });
  await storage.insertPaymentMetadata('child', { parentPaymentId: 'a' });
  await storage.setLnurlMetadata([{ paymentHash: 'hash-a', senderComment: 'thanks' }]);
  const { details, conversionDetails } = await storage.getPaymentById('a');
  assert.equal(details.description, 'coffee');
  assert.deepEqual(details.lnurlPayInfo, { comment: 'hi' });
  assert.deepEqual(details.lnurlReceiveMetadata, { senderComment: 'thanks' });
  assert.deepEqual(conversionDetails, { status: 'pending' });
  assert.deepEqual(await ids(storage, {}), ['a']);
  assert.deepEqual(
    (await storage.getPaymentsByParentIds(['a', 'z'])).a.map((/** @type {any} */ row) => row.id),
    ['child'],
  );
});

test('deposits: claim error and refund replace each other and survive another sighting', async () => {
  const storage = createMemoryStorage();
  await storage.addDeposit('tx', 0, 500, false);
  await storage.updateDeposit('tx', 0, { type: 'claimError', error: { type: 'generic', message: 'no' } });
  await storage.addDeposit('tx', 0, 500, true);
  assert.deepEqual(await storage.listDeposits(), [
    { txid: 'tx', vout: 0, amountSats: 500, isMature: true, claimError: { type: 'generic', message: 'no' } },
  ]);
  await storage.updateDeposit('tx', 0, { type: 'refund', refundTxid: 'r', refundTx: 'raw' });
  await storage.updateDeposit('nobody', 0, { type: 'refund', refundTxid: 'r', refundTx: 'raw' });
  assert.deepEqual(await storage.listDeposits(), [
    { txid: 'tx', vout: 0, amountSats: 500, isMature: true, refundTx: 'raw', refundTxId: 'r' },
  ]);
  await storage.deleteDeposit('tx', 0);
  assert.deepEqual(await storage.listDeposits(), []);
});

test('records of real-time sync: a queue out, a queue in, one agreed state', async () => {
  const storage = createMemoryStorage();
  const id = { type: 'contact', dataId: '1' };
  const change = { id, schemaVersion: '1', updatedFields: new Map([['name', 'Ada']]) };
  assert.equal(await storage.syncAddOutgoingChange(change), 1);
  assert.equal(await storage.syncAddOutgoingChange(change), 2);
  const record = { id, revision: 7, schemaVersion: '1', data: new Map() };
  await storage.syncCompleteOutgoingSync(record, 1n);
  assert.equal(await storage.syncGetLastRevision(), 7);
  const [pending] = await storage.syncGetPendingOutgoingChanges(10);
  assert.equal(pending.change.localRevision, 2);
  assert.deepEqual(pending.parent, record);
  assert.deepEqual(await storage.syncGetLatestOutgoingChange(), pending);
  await storage.syncInsertIncomingRecords([
    { ...record, revision: 9 },
    { ...record, revision: 8 },
  ]);
  assert.deepEqual((await storage.syncGetIncomingRecords(1))[0].newState.revision, 8);
  await storage.syncDeleteIncomingRecord({ ...record, revision: 8 });
  assert.equal((await storage.syncGetIncomingRecords(5)).length, 1);
  await storage.syncUpdateRecordFromIncoming({ ...record, revision: 9 });
  assert.equal(await storage.syncGetLastRevision(), 9);
});

test('contacts, swaps, cache and sessions keep what they are given', async () => {
  const storage = createMemoryStorage();
  await storage.insertContact({ id: '1', name: 'B', paymentIdentifier: 'b', createdAt: 1, updatedAt: 1 });
  await storage.insertContact({ id: '1', name: 'A', paymentIdentifier: 'b', createdAt: 5, updatedAt: 5 });
  assert.equal((await storage.listContacts({}))[0].createdAt, 1);
  await storage.deleteContact('1');
  assert.equal(await storage.getContact('1'), null);
  await storage.setCrossChainSwap({ provider: 'p', id: '1', isTerminal: false });
  assert.equal((await storage.listActiveCrossChainSwaps('p')).length, 1);
  await storage.setCrossChainSwap({ provider: 'p', id: '1', isTerminal: true });
  assert.equal((await storage.listActiveCrossChainSwaps('p')).length, 0);
  assert.equal(await storage.getCrossChainSwap('p', '2'), null);
  await storage.setCachedItem('k', 'v');
  assert.equal(await storage.getCachedItem('k'), 'v');
  await storage.deleteCachedItem('k');
  assert.equal(await storage.getCachedItem('k'), null);
  const sessions = createSessionStore(new MemoryShelf());
  await assert.rejects(sessions.getSession('key'), { type: 'notFound' });
  await sessions.setSession('key', { token: 't', expiration: 1 });
  assert.deepEqual(await sessions.getSession('key'), { token: 't', expiration: 1 });
});
