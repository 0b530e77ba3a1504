/** A buyer with a wallet (around the scripted SDK), and sellers that answer by script. */

import { L402Buyer } from '../../l402/buyer.js';
import { l402Experiment } from '../../l402/experiment.js';
import { errorTable, wallet } from './drivers.js';
import { secret, writeInvoice } from './invoices.js';

export const ITEM = 'http://seller.example:8402/paid/cheap';
export const MACAROON = 'AgELc2VsbGVy';

/**
 * A buyer, its wallet (around the scripted SDK), and a seller that answers by script and keeps what it was sent.
 * @param {(authorization: string | null, url: string) => Response | Promise<Response>} seller @param {any} [script]
 */
export function shop(seller, script) {
  const made = wallet(script);
  /** @type {(string | null)[]} */
  const seen = [];
  let nowMs = Date.now();
  const send = async (/** @type {any} */ url, /** @type {any} */ init) => {
    seen.push(new Headers(init.headers).get('authorization'));
    return seller(seen[seen.length - 1], url);
  };
  const { service } = made;
  const options = { service, errorTable, walletId: 'wallet-1', windowMs: 300_000 };
  const buyer = new L402Buyer({ ...options, send, nowMs: () => nowMs });
  const { l402_fetch } = l402Experiment(buyer);
  const policy = { maxAmountMsats: 20_000, hostAllowlist: ['seller.example'] };
  return {
    ...made,
    seen,
    buyer,
    later: (/** @type {number} */ ms) => void (nowMs += ms),
    /** @param {any} [changes] @returns {Promise<any>} */
    fetch: ({ policy: stricter = {}, ...changes } = {}) =>
      l402_fetch({ url: ITEM, policy: { ...policy, ...stricter }, ...changes }),
  };
}

/** @param {string} invoice @param {string} [macaroon] */
export const demand = (invoice, macaroon = MACAROON) =>
  new Response('pay first', {
    status: 402,
    headers: { 'www-authenticate': `L402 macaroon="${macaroon}", invoice="${invoice}"` },
  });

/** The usual seller: asks for ten satoshis, accepts the right preimage. @param {{amount?: string, macaroon?: string}} [offer] */
export function honest({ amount = '100n', macaroon = MACAROON } = {}) {
  const { preimageHex, paymentHash } = secret('coffee');
  const invoice = writeInvoice({ amount, paymentHash });
  return (/** @type {string | null} */ given) =>
    given === `L402 ${macaroon}:${preimageHex}` ? new Response('a cup of coffee') : demand(invoice, macaroon);
}
