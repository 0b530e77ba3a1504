/**
 * The script that Cloudflare would be given: everything that it may be entered at.
 *
 * Role: names the entry points - the Worker with the wallet in its own isolate, and the front of the wallet that lives
 * in a Durable Object. Must not know: anything else.
 */

export { front } from '../durable_object/front.js';
export { WalletObject } from '../durable_object/wallet_object.js';
export { default } from './worker.js';
