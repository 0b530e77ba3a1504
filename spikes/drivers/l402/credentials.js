/**
 * Paid credentials, each bound to one seller and one path of it, for a limited time.
 *
 * Role: lets a second request for the same thing go without paying; code over a transaction of the shelf, without a
 * memory of its own. Credentials are bearer secrets: they go nowhere but on the shelf, where the proofs of payment
 * lie too, and to the seller and path that they were sold for. Must not know: how they were paid for, which shelf.
 */

import { validUntilMs } from './macaroon.js';

const TABLE = 'l402_credentials';
const TTL_MS = 600_000;
const LIMIT = 1_000;

/**
 * @typedef {object} Credential
 * @property {'L402' | 'LSAT'} scheme
 * @property {string} macaroon
 * @property {string} preimageHex
 * @property {string} paymentHash
 *
 * @typedef {import('../wallet/shelf.js').Tx} Tx
 */

export class CredentialCache {
  /** @param {{ttlMs?: number, limit?: number, nowMs?: () => number}} [options] */
  constructor({ ttlMs = TTL_MS, limit = LIMIT, nowMs = () => Date.now() } = {}) {
    this.ttlMs = ttlMs;
    this.limit = limit;
    this.nowMs = nowMs;
  }

  /**
   * @param {Tx} tx @param {URL} url
   * @returns {{status: 'hit', credential: Credential} | {status: 'miss' | 'stale'}}
   */
  find(tx, url) {
    const entry = tx.get(TABLE, keyOf(url));
    // The key says so already; what a key is made of may change, that a secret goes to nobody else may not.
    if (!entry || entry.origin !== url.origin || entry.path !== url.pathname) return { status: 'miss' };
    if (entry.untilMs > this.nowMs()) return { status: 'hit', credential: entry.credential };
    this.drop(tx, url);
    return { status: 'stale' };
  }

  /**
   * Kept until it is over by our count or by its own caveats, whichever is first.
   * @param {Tx} tx @param {URL} url @param {Credential} credential
   */
  store(tx, url, credential) {
    this.drop(tx, url); // the newest entry stands last
    const untilMs = Math.min(this.nowMs() + this.ttlMs, validUntilMs(credential.macaroon) ?? Infinity);
    tx.put(TABLE, keyOf(url), { origin: url.origin, path: url.pathname, credential, untilMs });
    const entries = tx.list(TABLE);
    for (const [oldest] of entries.slice(0, Math.max(0, entries.length - this.limit))) tx.delete(TABLE, oldest);
  }

  /** @param {Tx} tx @param {URL} url */
  drop(tx, url) {
    tx.delete(TABLE, keyOf(url));
  }
}

/** Value of the Authorization header. @param {Credential} credential */
export function authorization({ scheme, macaroon, preimageHex }) {
  return `${scheme} ${macaroon}:${preimageHex}`;
}

/** The query does not count: sellers price paths. @param {URL} url */
function keyOf(url) {
  return `${url.origin}${url.pathname}`;
}
