/**
 * Paid credentials, by scope (origin and path), for a limited time.
 *
 * Role: lets a second request for the same thing go without paying. Memory of the isolate only: credentials
 * are bearer secrets. Must not know: how they were paid for.
 */

const TTL_MS = 600_000;
const LIMIT = 1_000;

/**
 * @typedef {object} Credential
 * @property {'L402' | 'LSAT'} scheme
 * @property {string} macaroon
 * @property {string} preimageHex
 * @property {string} paymentHash
 */

export class CredentialCache {
  /** @param {{ttlMs?: number, limit?: number, nowMs?: () => number}} [options] */
  constructor({ ttlMs = TTL_MS, limit = LIMIT, nowMs = () => Date.now() } = {}) {
    this.ttlMs = ttlMs;
    this.limit = limit;
    this.nowMs = nowMs;
    /** @type {Map<string, {credential: Credential, untilMs: number}>} */
    this.entries = new Map();
  }

  /** @param {URL} url @returns {{status: 'hit', credential: Credential} | {status: 'miss' | 'stale'}} */
  find(url) {
    const entry = this.entries.get(scope(url));
    if (!entry) return { status: 'miss' };
    if (entry.untilMs > this.nowMs()) return { status: 'hit', credential: entry.credential };
    this.entries.delete(scope(url));
    return { status: 'stale' };
  }

  /** @param {URL} url @param {Credential} credential */
  store(url, credential) {
    this.entries.delete(scope(url)); // the newest entry stands last
    this.entries.set(scope(url), { credential, untilMs: this.nowMs() + this.ttlMs });
    if (this.entries.size > this.limit) this.entries.delete(/** @type {string} */ (this.entries.keys().next().value));
  }

  /** @param {URL} url */
  drop(url) {
    this.entries.delete(scope(url));
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
