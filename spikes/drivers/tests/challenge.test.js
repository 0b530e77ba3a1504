import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseChallenge } from '../l402/challenge.js';
import { boundPaymentHash } from '../l402/macaroon.js';
import { readJson } from './support/drivers.js';
import { seeded } from './support/random.js';

const M = 'AgELc2VsbGVyAkIA+/aa==';
const I = 'lnbcrt100n1pabc';

/** @type {[string, string, {scheme?: string, macaroon?: string, invoice?: string}][]} */
const READABLE = [
  ['classic', `L402 macaroon="${M}", invoice="${I}"`, {}],
  ['older name', `LSAT macaroon="${M}", invoice="${I}"`, { scheme: 'LSAT' }],
  ['proposed form', `L402 version="0", token="${M}", invoice="${I}"`, {}],
  ['order swapped', `L402 invoice="${I}", macaroon="${M}"`, {}],
  ['with suffix', `L402 macaroon="${M}", invoice="${I}", version="0", token="${M}"`, {}],
  ['unquoted', `L402 macaroon=${M}, invoice=${I}`, {}],
  ['no space after commas', `L402 macaroon="${M}",invoice="${I}"`, {}],
  ['spaces around equals', `L402 macaroon = "${M}" , invoice= "${I}"`, {}],
  ['any case', `l402 Macaroon="${M}", INVOICE="${I}"`, {}],
  ['unknown parameters', `L402 realm="a, b \\"c\\" =", macaroon="${M}", x=1, invoice="${I}", amount_msats="1"`, {}],
  ['LSAT first, L402 preferred', `LSAT macaroon="old", invoice="${I}", L402 macaroon="${M}", invoice="${I}"`, {}],
  ['among other schemes', `Basic realm="x", L402 macaroon="${M}", invoice="${I}", Payment id="1"`, {}],
  ['scheme without parameters', `Negotiate, L402 macaroon="${M}", invoice="${I}"`, {}],
  ['first of two equal names counts', `L402 macaroon="${M}", invoice="${I}", invoice="lnbcrt1evil"`, {}],
  ['falls back to a usable one', `L402 invoice="${I}", LSAT macaroon="${M}", invoice="${I}"`, { scheme: 'LSAT' }],
  ['several macaroons', `L402 macaroon="${M},${M}", invoice="${I}"`, { macaroon: `${M},${M}` }],
];

for (const [name, header, expected] of READABLE) {
  test(`reads: ${name}`, () => {
    assert.deepEqual(parseChallenge(header), { scheme: 'L402', macaroon: M, invoice: I, ...expected });
  });
}

/** @type {[string, string | null, string][]} */
const MALFORMED = [
  ['no header', null, 'no_header'],
  ['empty', '', 'no_header'],
  ['another scheme', 'Basic realm="x"', 'no_l402'],
  ['no macaroon', `L402 invoice="${I}"`, 'incomplete'],
  ['no invoice', `L402 macaroon="${M}"`, 'incomplete'],
  ['empty macaroon', `L402 macaroon="", invoice="${I}"`, 'incomplete'],
  ['header injection', `L402 macaroon="${M}\r\nX: y", invoice="${I}"`, 'incomplete'],
  ['not base64', `L402 macaroon="a:b", invoice="${I}"`, 'incomplete'],
  ['quote never closed', `L402 macaroon="${M}, invoice=${I}`, 'syntax'],
  ['begins with a parameter', `macaroon="${M}", invoice="${I}"`, 'syntax'],
  ['control characters', 'L402 \u0000', 'syntax'],
  ['absurdly long', `L402 macaroon="${'A'.repeat(40_000)}", invoice="${I}"`, 'too_long'],
];

for (const [name, header, reason] of MALFORMED) {
  test(`refuses: ${name}`, () => {
    assert.throws(() => parseChallenge(header), { code: 'challenge_malformed', details: { reason } });
  });
}

test('order, case, spacing, quoting and company never change what is read', () => {
  const random = seeded(402);
  for (let round = 0; round < 500; round += 1) {
    const quote = (/** @type {string} */ value) => (random.integer(2) ? `"${value}"` : value);
    const name = (/** @type {string} */ text) => (random.integer(2) ? text : text.toUpperCase());
    const parameters = random.shuffled([
      `${name(random.pick(['macaroon', 'token']))}=${quote(M)}`,
      `${name('invoice')}=${quote(I)}`,
      ...(random.integer(2) ? [`version=${quote('0')}`] : []),
      ...(random.integer(2) ? [`x${random.integer(99)}="${random.text(random.integer(20), 'ab, =')}"`] : []),
    ]);
    const challenge = `${random.pick(['L402', 'l402'])} ${parameters.join(random.pick([',', ', ', ' , ']))}`;
    const others = random.shuffled([challenge, ...(random.integer(2) ? ['Basic realm="a"'] : [])]);
    assert.deepEqual(parseChallenge(others.join(', ')), { scheme: 'L402', macaroon: M, invoice: I }, others.join(', '));
  }
});

test('mutilated headers end in an answer or a typed error, quickly', () => {
  const random = seeded(403);
  const header = READABLE[9][1];
  for (let round = 0; round < 2_000; round += 1) {
    const cut = random.integer(header.length);
    const noise = random.text(random.integer(6), '",=\\ \t(){}<>@:;/[]?\u00ffL402');
    const mutilated = header.slice(0, cut) + noise + header.slice(cut + random.integer(10));
    try {
      assert.match(parseChallenge(mutilated).macaroon, /^[A-Za-z0-9+/_=,-]+$/);
    } catch (error) {
      assert.equal(/** @type {any} */ (error).code, 'challenge_malformed', mutilated);
    }
  }
});

test('the payment hash in an L402 macaroon of another library is found; other tokens are let be', () => {
  const { macaroons } = readJson('tests/vectors/macaroons.json');
  for (const { macaroon, urlsafe, paymentHash } of macaroons) {
    assert.equal(boundPaymentHash(macaroon), paymentHash);
    assert.equal(boundPaymentHash(urlsafe), paymentHash);
    assert.equal(boundPaymentHash(`${macaroon},${macaroon}`), paymentHash);
    for (let length = 0; length < 60; length += 1) assert.equal(boundPaymentHash(macaroon.slice(0, length)), null);
  }
  for (const token of ['', 'AgI=', 'opaque-token', '////', 'AgL/////']) assert.equal(boundPaymentHash(token), null);
});
