/**
 * Paid credentials, by scope (origin and path), for a limited time.
 *
 * Role: lets a second request for the same thing go without paying; code over a transaction of the shelf, without a
 * memory of its own. Credentials are bearer secrets: they go nowhere but on the shelf, where the proofs of payment
 * lie too. Must not know: how they were paid for, which shelf it is.
 */

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
    const entry = tx.get(TABLE, scope(url));
    if (!entry) return { status: 'miss' };
    if (entry.untilMs > this.nowMs()) return { status: 'hit', credential: entry.credential };
    this.drop(tx, url);
    return { status: 'stale' };
  }

  /** @param {Tx} tx @param {URL} url @param {Credential} credential */
  store(tx, url, credential) {
    this.drop(tx, url); // the newest entry stands last
    tx.put(TABLE, scope(url), { credential, untilMs: this.nowMs() + this.ttlMs });
    const entries = tx.list(TABLE);
    for (const [oldest] of entries.slice(0, Math.max(0, entries.length - this.limit))) tx.delete(TABLE, oldest);
  }

  /** @param {Tx} tx @param {URL} url */
  drop(tx, url) {
    tx.delete(TABLE, scope(url));
  }
}

/** Value of the Authorization header. @param {Credential} credential */
export function authorization({ scheme, macaroon, preimageHex }) {
  return `${scheme} ${macaroon}:${preimageHex}`;
}

/** The query does not count: sellers price paths. @param {URL} url */
function scope(url) {
  return `${url.origin}${url.pathname}`;
}
