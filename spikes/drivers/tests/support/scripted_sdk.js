/**
 * A stand-in for the SDK module, to make it say what the real one cannot be made to say at will: errors at
 * every step, pending and failed payments, wrong preimages. The real module is tested in sdk.test.js and, with a
 * network, by the harness.
 */

import { decodeBolt11 } from '../../wallet/bolt11.js';

/**
 * @typedef {object} Script what happens; everything has a happy default
 * @property {(request: any, api: any) => Promise<any>} [send]
 * @property {() => Promise<any>} [prepare]
 * @property {() => Promise<void>} [build]
 * @property {(log: (line: string) => void, storage: any) => Promise<any>} [sync]
 * @property {(parsed: any) => any} [parse]
 * @property {number} [balanceSats]
 * @property {string} [identity] the wallet's public key
 * @property {any[]} [history] payments that a sync brings to light
 */

/** @param {Script} script @param {Record<string, string>} preimages payment hash -> preimage */
export function scriptedSdk(script, preimages) {
  /** @type {{line: string}[]} */
  const log = [];
  const calls = { build: 0, sync: 0, prepare: 0, send: 0, disconnect: 0, free: 0 };
  /** @type {any} */
  let logger;

  class SdkBuilder {
    static new() {
      return new SdkBuilder();
    }
    /** @param {any} storage */ withStorage(storage) {
      this.storage = storage;
      return this;
    }
    withSessionStore() {
      return this;
    }
    withChainService() {
      return this;
    }
    /** @param {any} observer */ withPaymentObserver(observer) {
      this.observer = observer;
      return this;
    }
    async build() {
      calls.build += 1;
      if (script.build) await script.build();
      return wallet({
        script,
        preimages,
        calls,
        storage: this.storage,
        observer: this.observer,
        log: (/** @type {string} */ line) => logger.log({ line }),
      });
    }
  }
  const module = {
    SdkBuilder,
    defaultServerConfig: () => ({ sparkConfig: { expectedWithdrawBondSats: 1 } }),
    /** @param {any} given */ initLogging: async (given) => void (logger = given),
  };
  return { loadSdk: async () => ({ sdk: module, memoryBytes: () => 65_536 }), calls, log };
}

/** @param {any} context */
function wallet({ script, preimages, calls, storage, observer, log }) {
  const api = {
    /** @param {any} request @param {Record<string, unknown>} [changes] */
    payment: (request, changes = {}) => {
      const { invoice, paymentHash, amountMsats } = decodeBolt11(request.prepareResponse.input);
      const htlcDetails = { paymentHash, preimage: preimages[paymentHash], status: 'preimageShared', expiryTime: 0 };
      return {
        id: request.idempotencyKey,
        paymentType: 'send',
        status: 'completed',
        amount: BigInt(amountMsats ?? 0) / 1000n,
        fees: 2n,
        timestamp: 1_795_000_000,
        method: 'lightning',
        details: { type: 'lightning', invoice, htlcDetails },
        ...changes,
      };
    },
    /** As the SDK does just before its first message that can pay. @param {any} request */
    submit: (request) => observer.beforeSend([{ paymentId: request.idempotencyKey }]),
  };
  let isFree = false;
  const sdk = {
    /** @param {string} input */
    parse: async (input) => {
      const { invoice, paymentHash, amountMsats, timestampS, expiryS } = decodeBolt11(input);
      const amountMsat = amountMsats === null ? undefined : Number(amountMsats);
      const parsed = {
        type: 'bolt11Invoice',
        invoice,
        paymentHash,
        amountMsat,
        timestamp: timestampS,
        expiry: expiryS,
      };
      return script.parse ? script.parse(parsed) : parsed;
    },
    getInfo: async () => ({
      identityPubkey: script.identity ?? `02${'ab'.repeat(32)}`,
      balanceSats: script.balanceSats ?? 1_000_000,
    }),
    disconnect: async () => void (calls.disconnect += 1),
    free: () => {
      isFree = true;
      calls.free += 1;
    },
    syncWallet: async () => {
      calls.sync += 1;
      if (script.sync) return script.sync(log, storage);
      for (const payment of script.history ?? []) await storage.applyPaymentUpdate(payment);
      await storage.setCachedItem('sync_offset', '{}');
      return {};
    },
    /** @param {any} request */
    getPayment: async ({ paymentId }) => ({ payment: await storage.getPaymentById(paymentId) }),
    /** @param {any} request */
    prepareSendPayment: async (request) => {
      calls.prepare += 1;
      if (script.prepare) return script.prepare();
      const { input } = request.paymentRequest;
      const amount = BigInt(decodeBolt11(input).amountMsats ?? 0) / 1000n;
      return { input, amount, paymentMethod: { type: 'bolt11Invoice', lightningFeeSats: 2 } };
    },
    /** @param {any} request */
    sendPayment: async (request) => {
      calls.send += 1;
      if (script.send) return { payment: await script.send(request, api) };
      await api.submit(request);
      const payment = api.payment(request);
      await storage.applyPaymentUpdate(payment);
      return { payment };
    },
  };
  // As the real one does when it is used after its end.
  return new Proxy(sdk, {
    get: (target, name, receiver) => {
      if (isFree) throw new Error('null pointer passed to rust');
      return Reflect.get(target, name, receiver);
    },
  });
}
