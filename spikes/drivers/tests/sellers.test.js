/** Sellers that lie, break or wander off: nothing is paid to them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readJson } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { MACAROON, demand, honest, shop } from './support/shop.js';

const { macaroons } = readJson('tests/vectors/macaroons.json');

test('the cap is judged on the invoice, whatever the seller writes beside it', async () => {
  const { paymentHash } = secret('coffee');
  const invoice = writeInvoice({ amount: '1m', paymentHash });
  const header = `L402 macaroon="${MACAROON}", invoice="${invoice}", amount_msats="1", price="1"`;
  const { fetch, calls } = shop(() => new Response('', { status: 402, headers: { 'www-authenticate': header } }));
  assert.equal((await fetch()).code, 'quoted_amount_exceeds_cap');
  assert.equal(calls.build, 0);
});

test('a macaroon bound to another payment is refused; one bound to this payment is paid', async () => {
  const { macaroon } = macaroons[0];
  const lying = shop(honest({ macaroon }));
  assert.deepEqual([(await lying.fetch()).code, lying.calls.build], ['challenge_mismatch', 0]);
  const raw = Buffer.from(macaroon, 'base64');
  Buffer.from(secret('coffee').paymentHash, 'hex').copy(raw, raw.indexOf(Buffer.from(macaroons[0].paymentHash, 'hex')));
  assert.equal((await shop(honest({ macaroon: raw.toString('base64') })).fetch()).outcome, 'paid');
});

/** @type {[string, () => Response | Promise<Response>, string][]} */
const SELLERS = [
  ['no challenge', () => new Response('', { status: 402 }), 'challenge_malformed'],
  ['an invoice that is none', () => demand('lnbcrt1nonsense'), 'challenge_malformed'],
  [
    'an expired invoice',
    () => demand(writeInvoice({ paymentHash: secret('coffee').paymentHash, timestampS: 1 })),
    'invoice_unpayable',
  ],
  [
    'another network',
    () => demand(writeInvoice({ prefix: 'lnbc', paymentHash: secret('coffee').paymentHash })),
    'invoice_unpayable',
  ],
  [
    'no amount',
    () => demand(writeInvoice({ amount: '', paymentHash: secret('coffee').paymentHash })),
    'invoice_unpayable',
  ],
  ['free', () => new Response('free'), 'not_challenged'],
  ['broken', () => new Response('', { status: 503 }), 'seller_error'],
  [
    'redirecting',
    () => new Response('', { status: 302, headers: { location: 'http://other.example/' } }),
    'redirect_refused',
  ],
  ['silent', () => Promise.reject(new TypeError('fetch failed')), 'seller_unreachable'],
];

for (const [name, seller, code] of SELLERS) {
  test(`nothing is paid to a seller that is: ${name}`, async () => {
    const { fetch, calls } = shop(seller);
    const { outcome, code: given } = await fetch();
    assert.deepEqual([outcome, given, calls.build], ['failed', code, 0]);
  });
}
