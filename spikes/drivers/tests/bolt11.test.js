import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodeBolt11 } from '../wallet/bolt11.js';
import { readTerms, requireUnexpired } from '../wallet/invoice.js';
import { readJson } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { seeded } from './support/random.js';

const { invoices } = readJson('tests/vectors/bolt11.json');
const { paymentHash } = secret('coffee');

for (const vector of invoices) {
  test(`reads an invoice of another encoder: ${vector.name}`, () => {
    const decoded = decodeBolt11(vector.invoice);
    assert.equal(decoded.network, vector.network);
    assert.equal(decoded.amountMsats, vector.amountMsats === null ? null : BigInt(vector.amountMsats));
    assert.equal(decoded.paymentHash, vector.paymentHash);
    assert.equal(decoded.timestampS, vector.timestampS);
    assert.equal(decoded.expiryS, vector.expiryS);
    assert.deepEqual(decodeBolt11(vector.invoice.toUpperCase()), decoded);
  });
}

test('every unit of amount is exact', () => {
  const cases = { '1m': 100_000_000n, '25u': 2_500_000n, '100n': 10_000n, '10p': 1n, 20: 2_000_000_000_000n, '': null };
  for (const [amount, msats] of Object.entries(cases)) {
    assert.equal(decodeBolt11(writeInvoice({ amount, paymentHash })).amountMsats, msats, amount);
  }
});

test('amounts that are no amounts are refused', () => {
  for (const amount of ['0u', '01u', '5p', '1x', '999999999999999999']) {
    assert.throws(() => decodeBolt11(writeInvoice({ amount, paymentHash })), { code: 'invalid_request' }, amount);
  }
});

test('no single changed character goes unnoticed', () => {
  const invoice = invoices[0].invoice;
  const random = seeded(11);
  for (let round = 0; round < 500; round += 1) {
    const position = random.integer(invoice.length);
    const character = random.pick([...'qpzry9x8gf2tvdw0s3jn54khce6mua7l'].filter((c) => c !== invoice[position]));
    const changed = invoice.slice(0, position) + character + invoice.slice(position + 1);
    assert.throws(() => decodeBolt11(changed), { code: 'invalid_request' }, `${round}: ${position}`);
  }
});

test('rubbish is refused with a typed error, whatever it is', () => {
  const random = seeded(12);
  const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l1lnbcrt ';
  const odd = [
    undefined,
    null,
    7,
    {},
    '',
    '1',
    'lnbcrt1',
    'lightning:x',
    'x'.repeat(8000),
    'lnbcrt100n1'.padEnd(300, 'q'),
  ];
  for (const text of [
    ...odd,
    ...Array.from({ length: 300 }, () => `lnbcrt${random.text(random.integer(400), alphabet)}`),
  ]) {
    assert.throws(() => decodeBolt11(text), { name: 'ContractError', code: 'invalid_request' });
  }
  assert.throws(() => decodeBolt11(`L${invoices[0].invoice.slice(1)}`), { details: { reason: 'mixed_case' } });
});

test('terms: other network, no amount and a fraction of a satoshi are refused, each with its reason', () => {
  const refusal = (/** @type {string} */ name) => {
    const { invoice } = invoices.find((/** @type {any} */ vector) => vector.name === name);
    try {
      readTerms(invoice, 'regtest');
    } catch (error) {
      const { code, details } = /** @type {any} */ (error);
      return `${code}/${details.reason}`;
    }
    return 'accepted';
  };
  assert.equal(refusal('250 satoshis, mainnet'), 'invalid_request/network');
  assert.equal(refusal('no amount'), 'unsupported_payment_method/no_amount');
  assert.equal(refusal('fraction of a satoshi'), 'unsupported_payment_method/fractional_satoshi');
  assert.equal(refusal('one millisatoshi'), 'unsupported_payment_method/fractional_satoshi');
  assert.equal(refusal('ten satoshis'), 'accepted');
});

test('an invoice expires at the second it says', () => {
  const terms = readTerms(writeInvoice({ paymentHash, timestampS: 1_000, expiryS: 60 }), 'regtest');
  assert.doesNotThrow(() => requireUnexpired(terms, 1_059_999));
  assert.throws(() => requireUnexpired(terms, 1_060_000), { details: { reason: 'expired', expiresAtS: 1060 } });
});
