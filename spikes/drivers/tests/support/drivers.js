/** Builds the parts that most tests need: error table, settings, a service around the scripted SDK. */

import { readFileSync } from 'node:fs';

import { ErrorTable } from '../../wallet/errors.js';
import { LocalWalletService } from '../../wallet/service.js';
import { secret, writeInvoice } from './invoices.js';
import { scriptedSdk } from './scripted_sdk.js';

/** @param {string} path relative to spikes/drivers */
export const readJson = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));

export const errorTable = new ErrorTable(readJson('wallet/errors.json'));

const SSP_KEY = '022bf283544b16c0622daecb79422007d167eca6ce9f0c98c0c49833b1f7170bfe';
/** A network that nobody serves: port 9 is the discard port, and nothing listens there. */
export const DEAD_NETWORK = {
  operators: [1, 2, 3].map((number, id) => ({
    id,
    identifier: String(number).padStart(64, '0'),
    identityPublicKey: [
      '03dfbdff4b6332c220f8fa2ba8ed496c698ceada563fa01b67d9983bfc5c95e763',
      '03e625e9768651c9be268e287245cc33f96a68ce9141b0b4769205db027ee8ed77',
      '022eda13465a59205413086130a65dc0ed1b8f8e51937043161f8be0c369b1a410',
    ][id],
    grpc_web: 'http://127.0.0.1:9',
  })),
  coordinatorIdentifier: '1'.padStart(64, '0'),
  threshold: 2,
  ssp: { baseUrl: 'http://127.0.0.1:9', schemaEndpoint: 'graphql/spark/rc', identityPublicKey: SSP_KEY },
};

/** @param {Partial<import('../../wallet/config.js').Config>} [changes] @returns {import('../../wallet/config.js').Config} */
export function settings(changes = {}) {
  return {
    runtime: 'test',
    walletId: 'wallet-1',
    token: 'right token',
    custody: { source: 'legacy_env', mnemonic: 'any words do for the scripted SDK' },
    network: DEAD_NETWORK,
    sparkNetwork: 'regtest',
    executor: null,
    requestCapMsats: 200_000_000n,
    windowCapMsats: null,
    windowMs: 300_000,
    hostAllowlist: null,
    completionTimeoutS: 1,
    lostAfterMs: 240_000,
    ...changes,
  };
}

/**
 * A service around the scripted SDK, and what is needed to pay ten satoshis.
 * @param {import('./scripted_sdk.js').Script} [script]
 * @param {Partial<import('../../wallet/config.js').Config>} [changes]
 * @param {{shelf?: import('../../wallet/shelf.js').Shelf, sdkLife?: 'kept' | 'request', oneAtATime?: boolean}} [host]
 */
export function wallet(script = {}, changes = {}, host = {}) {
  const { preimageHex, paymentHash } = secret('coffee');
  /** @type {Record<string, string>} */
  const preimages = { [paymentHash]: preimageHex };
  const { loadSdk, calls } = scriptedSdk(script, preimages);
  const config = settings(changes);
  const service = new LocalWalletService({ config, errorTable, loadSdk, oneAtATime: false, ...host });
  const request = {
    requestId: '00000000-0000-4000-8000-000000000001',
    invoice: writeInvoice({ paymentHash }),
    maxAmountMsats: 20_000n,
    host: 'seller.example',
  };
  return { service, calls, request, preimageHex, paymentHash, preimages };
}
