/**
 * One SDK wallet in server mode: built once for the isolate or process, shared by all requests.
 *
 * Role: turns a network description and a mnemonic into a ready SDK and keeps it fresh. The SDK module is
 * injected (`loadSdk`), so that the same file serves the web build in workerd and the Node build.
 * Must not know: payments, HTTP, who loads the module.
 */

import { ContractError, errorText } from './errors.js';
import { Lane } from './lane.js';
import { withDeadline } from './phases.js';
import { refusingChainService, sdkConfig } from './sdk_config.js';
import { createSessionStore } from './sessions.js';
import { createMemoryStorage } from './storage.js';
import { SubmissionWitness, SyncWitness } from './witnesses.js';

const SYNC_DEADLINE_S = 60;
/** Waiting for another sync included. */
export const LONGEST_SYNC_S = 3 * SYNC_DEADLINE_S;
/** The SDK writes this key whenever it has read the wallet's history from the coordinator. */
const HISTORY_KEY = 'sync_offset';

/**
 * @typedef {object} LoadedSdk
 * @property {any} sdk the SDK module's exports
 * @property {() => number | null} memoryBytes size of the wasm memory, null if the build does not show it
 */

export class WalletSession {
  /**
   * @param {{loadSdk: () => Promise<LoadedSdk>, network: import('./config.js').NetworkDescription,
   *   mnemonic: string}} options
   */
  constructor({ loadSdk, network, mnemonic }) {
    this.loadSdk = loadSdk;
    this.network = network;
    this.mnemonic = mnemonic;
    this.submissions = new SubmissionWitness();
    this.storage = createMemoryStorage();
    this.historyReads = 0;
    // Two syncs at once would claim the same transfers.
    this.syncLane = new Lane({ holdS: SYNC_DEADLINE_S, waitS: 2 * SYNC_DEADLINE_S });
    /** @type {{identityPublicKey: string, balanceSats: bigint} | null} as of the last time it was asked for */
    this.lastInfo = null;
    /** @type {'unsynced' | 'ready' | 'stale'} stale: something happened that only a sync can show */
    this.state = 'unsynced';
    /** @type {Promise<any> | null} */
    this.building = null;
    /** @type {(() => number | null) | null} */
    this.memoryBytes = null;
  }

  /** The built SDK. @param {import('./phases.js').PhaseClock} clock @returns {Promise<any>} */
  async ready(clock) {
    this.building ??= this.#build(clock);
    try {
      return await this.building;
    } catch (error) {
      this.building = null; // building is offline and cheap: the next request may find better settings
      throw error;
    }
  }

  /**
   * Reads leaves and history from the network and claims what came in.
   * @param {import('./phases.js').PhaseClock} clock
   */
  sync(clock) {
    return this.syncLane.run(() => this.#syncNow(clock));
  }

  /**
   * A sync if none succeeded yet, or if the last payment left doubts.
   * @param {import('./phases.js').PhaseClock} clock
   */
  async ensureSynced(clock) {
    if (this.state === 'ready') return;
    await this.syncLane.run(async () => {
      if (this.state !== 'ready') await this.#syncNow(clock);
    });
  }

  /** The next payment must look at the network first. */
  markStale() {
    if (this.state === 'ready') this.state = 'stale';
  }

  /** @param {import('./phases.js').PhaseClock} clock */
  async info(clock) {
    const { identityPubkey, balanceSats } = await (await this.ready(clock)).getInfo({});
    this.lastInfo = { identityPublicKey: identityPubkey, balanceSats: BigInt(balanceSats) };
    return this.lastInfo;
  }

  /** @param {import('./phases.js').PhaseClock} clock */
  async #syncNow(clock) {
    const sdk = await this.ready(clock);
    const witness = await SyncWitness.of(this.sdkModule);
    const before = { failures: witness.failures, reads: this.historyReads };
    this.state = 'stale';
    try {
      await clock.time('sync', () => withDeadline(sdk.syncWallet({}), SYNC_DEADLINE_S, syncTimedOut));
    } catch (error) {
      throw error instanceof ContractError ? error : syncFailed(errorText(error));
    }
    if (witness.failures > before.failures) throw syncFailed(witness.lastFailure);
    if (this.historyReads === before.reads) throw syncFailed('the wallet history was not read');
    this.state = 'ready';
  }

  /** @param {import('./phases.js').PhaseClock} clock */
  async #build(clock) {
    if (!this.mnemonic) {
      throw new ContractError('mnemonic_missing', 'SPARKGATE_MNEMONIC is not set; give the wallet its mnemonic');
    }
    const { sdk, memoryBytes } = await clock.time('load', this.loadSdk);
    this.sdkModule = sdk;
    this.memoryBytes = memoryBytes;
    return clock.time('build', async () => {
      await SyncWitness.of(sdk); // before the first sync, or its log lines are lost
      try {
        return await this.#builder(sdk).build();
      } catch (error) {
        throw buildFailed(errorText(error));
      }
    });
  }

  /** @param {any} sdk */
  #builder(sdk) {
    const seed = { type: 'mnemonic', mnemonic: this.mnemonic };
    return sdk.SdkBuilder.new(sdkConfig(sdk, this.network), seed)
      .withStorage(this.#watchedStorage())
      .withSessionStore(createSessionStore())
      .withChainService(refusingChainService())
      .withPaymentObserver(this.submissions.observer());
  }

  #watchedStorage() {
    const { storage } = this;
    return {
      ...storage,
      /** @param {string} key @param {string} value */
      setCachedItem: (key, value) => {
        if (key === HISTORY_KEY) this.historyReads += 1;
        return storage.setCachedItem(key, value);
      },
    };
  }
}

/** @param {string} text of the SDK's error */
function buildFailed(text) {
  if (/mnemonic/i.test(text)) {
    return new ContractError('mnemonic_invalid', 'SPARKGATE_MNEMONIC is not a valid BIP39 phrase; check its words');
  }
  return new ContractError('connect_failed', `the SDK could not be built: ${text}; check SPARKGATE_NETWORK`);
}

/** @param {string} text */
function syncFailed(text) {
  return new ContractError('connect_failed', `the wallet could not be synchronised: ${text}; is the network up?`);
}

function syncTimedOut() {
  return new ContractError(
    'connect_failed',
    `no end of the wallet's sync within ${SYNC_DEADLINE_S} s; is the network up?`,
  );
}
