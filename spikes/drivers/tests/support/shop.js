/** A buyer with a wallet (around the scripted SDK), and sellers that answer by script. */

import { L402Buyer } from '../../l402/buyer.js';
import { l402Experiment } from '../../l402/experiment.js';
import { errorTable, wallet } from './drivers.js';
import { secret, writeInvoice } from './invoices.js';

export const ITEM = 'http://seller.example:8402/paid/cheap';
export const MACAROON = 'AgELc2VsbGVy';
export const REQUEST = '00000000-0000-4000-8000-000000000009';
const POLICY = { maxAmountMsats: 20_000, hostAllowlist: ['seller.example'] };

/** @typedef {(authorization: string | null, url: string) => Response | Promise<Response>} Seller */

/**
 * A buyer, its wallet (around the scripted SDK), and a seller that answers by script and keeps what it was sent.
 * @param {Seller} seller @param {any} [script]
 */
export function shop(seller, script) {
  const made = wallet(script);
  return { ...made, ...buyerOf(seller, { service: made.service }) };
}

/**
 * @param {Seller} seller
 * @param {{service: any, shelf?: import('../../wallet/shelf.js').Shelf}} parts a shelf to share with another buyer
 */
export function buyerOf(seller, { service, shelf }) {
  /** @type {(string | null)[]} */
  const seen = [];
  let nowMs = Date.now();
  const send = async (/** @type {any} */ url, /** @type {any} */ init) => {
    seen.push(new Headers(init.headers).get('authorization'));
    return seller(seen[seen.length - 1], url);
  };
  const options = { service, errorTable, walletId: 'wallet-1', windowMs: 300_000, shelf };
  const buyer = new L402Buyer({ ...options, send, nowMs: () => nowMs });
  const { l402_fetch } = l402Experiment(buyer);
  return {
    seen,
    buyer,
    later: (/** @type {number} */ ms) => void (nowMs += ms),
    /** @param {any} [changes] @returns {Promise<any>} */
    fetch: ({ policy: stricter = {}, ...changes } = {}) =>
      l402_fetch({ url: ITEM, policy: { ...POLICY, ...stricter }, ...changes }),
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

/**
 * A wallet by script: every order gets the next answer, the last one from then on.
 * @param {...(() => any)} answers of payBolt11; what they throw is thrown
 */
export function scriptedWallet(...answers) {
  /** @type {any[]} */
  const orders = [];
  return {
    orders,
    backendMode: 'runtime',
    execution: 'executor',
    status: async () => ({}),
    payBolt11: async (/** @type {any} */ order) => {
      orders.push(order);
      return answers[Math.min(orders.length, answers.length) - 1]();
    },
  };
}

/** What a wallet answers that has paid for the coffee. */
export function paidCoffee() {
  const { preimageHex, paymentHash } = secret('coffee');
  return {
    result: {
      payment: { paymentId: 'p', amountMsats: 10_000, feeMsats: 2_000, preimageHex, paidAtMs: 1 },
      receipt: { paymentHash, walletSource: 'legacy_env', digest: '00', flowDigest: '00' },
    },
    balanceSats: null,
  };
}
