/**
 * What Cloudflare enters when the wallet lives in a Durable Object: the front answers, the object owns the wallet.
 *
 * Role: on Cloudflare a route leads to the default export; local workerd is told the entry point in config.capnp.
 * Must not know: anything else.
 */

export { front as default } from './front.js';
export { WalletObject } from './wallet_object.js';
