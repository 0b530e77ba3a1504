/** Sellers that lie, break or wander off: nothing is paid to them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { L402Buyer } from '../l402/buyer.js';
import { l402Experiment } from '../l402/experiment.js';
import { errorTable, readJson } from './support/drivers.js';
import { secret, writeInvoice } from './support/invoices.js';
import { serve } from './support/servers.js';
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

test('a redirect is not followed, by the real fetch neither: not the question, not the credential', async (t) => {
  /** @type {(string | null)[]} */
  const strayed = [];
  const elsewhere = await serve(t, async (request) => {
    strayed.push(request.headers.get('authorization'));
    return new Response('welcome');
  });
  const away = () => new Response('', { status: 307, headers: { location: `${elsewhere}/` } });
  const invoice = writeInvoice({ paymentHash: secret('coffee').paymentHash });
  let isHonest = false;
  const url = await serve(t, async (request) =>
    isHonest && !request.headers.get('authorization') ? demand(invoice) : away(),
  );
  const { service, calls } = shop(() => assert.fail('not by the scripted seller'));
  const real = new L402Buyer({ service, errorTable, walletId: 'w', windowMs: 1_000 });
  const { l402_fetch } = l402Experiment(real);
  const fetch = () => l402_fetch({ url, policy: { maxAmountMsats: 20_000, hostAllowlist: ['127.0.0.1'] } });
  const first = await fetch();
  assert.deepEqual([first.outcome, first.code, calls.build], ['failed', 'redirect_refused', 0]);
  isHonest = true;
  const paid = await fetch();
  assert.deepEqual([paid.outcome, paid.code, calls.send], ['paid', 'redirect_refused', 1]);
  assert.deepEqual(strayed, []);
});
