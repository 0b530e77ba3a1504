import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseChallenge } from '../l402/challenge.js';
import { boundPaymentHash } from '../l402/macaroon.js';
import { readJson } from './support/drivers.js';

const M = 'AgELc2VsbGVyAkIA+/aa==';
const I = 'lnbcrt100n1pabc';

/** @type {[string, string, {scheme?: string, macaroon?: string, invoice?: string}][]} */
const READABLE = [
  ['classic', `L402 macaroon="${M}", invoice="${I}"`, {}],
  ['older name', `LSAT macaroon="${M}", invoice="${I}"`, { scheme: 'LSAT' }],
  ['proposed form', `L402 version="0", token="${M}", invoice="${I}"`, {}],
  ['order swapped', `L402 invoice="${I}", macaroon="${M}"`, {}],
  ['with suffix', `L402 macaroon="${M}", invoice="${I}", version="0", token="${M}"`, {}],
  ['quoted pairs', `L402 macaroon="\\${M}", invoice="ln\\bcrt100n1pabc"`, {}],
  ['unquoted', `L402 macaroon=${M}, invoice=${I}`, {}],
  ['no space after commas', `L402 macaroon="${M}",invoice="${I}"`, {}],
  ['spaces around equals', `L402 macaroon = "${M}" , invoice= "${I}"`, {}],
  ['any case', `l402 Macaroon="${M}", INVOICE="${I}"`, {}],
  ['unknown parameters', `L402 realm="a, b \\"c\\" =", macaroon="${M}", x=1, invoice="${I}", amount_msats="1"`, {}],
  ['LSAT first, L402 preferred', `LSAT macaroon="old", invoice="${I}", L402 macaroon="${M}", invoice="${I}"`, {}],
  ['among other schemes', `Basic realm="x", L402 macaroon="${M}", invoice="${I}", Payment id="1"`, {}],
  ["another scheme's base64", `Negotiate YWJj/+==, L402 macaroon="${M}", invoice="${I}", Basic ab/c=`, {}],
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
  ['empty unquoted macaroon', `L402 macaroon=, invoice="${I}"`, 'incomplete'],
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
