/**
 * One SDK wallet in server mode: built at its first use, ended when its owner says so.
 *
 * Role: turns a network description and a fetched mnemonic into a ready SDK and keeps it fresh. The SDK module is
 * injected (`loadSdk`), so that the same file serves the web build in workerd and the Node build; what the SDK
 * stores lies on the shelf and outlives it. Must not know: payments, HTTP, who loads the module.
 */

import { ContractError, errorText } from './errors.js';
import { keepInfo, lastInfo } from './known_state.js';
import { Lane } from './lane.js';
import { buildSdk, endSdk } from './sdk_building.js';
import { SdkCalls } from './sdk_calls.js';
import { createStorage } from './storage.js';
import { Submissions, SyncWitness } from './witnesses.js';

const SYNC_DEADLINE_S = 60;
/** Waiting for another sync included. */
export const LONGEST_SYNC_S = 3 * SYNC_DEADLINE_S;
/** The SDK writes this key whenever it has read the wallet's history from the coordinator. */
const HISTORY_KEY = 'sync_offset';

/** @typedef {import('./sdk_building.js').LoadedSdk} LoadedSdk */

export class WalletSession {
  /**
   * @param {{loadSdk: () => Promise<LoadedSdk>, network: import('./config.js').NetworkDescription,
   *   errorTable: import('./errors.js').ErrorTable, fetchMnemonic: () => Promise<string>,
   *   shelf: import('./shelf.js').Shelf}} options
   */
  constructor({ loadSdk, network, errorTable, fetchMnemonic, shelf }) {
    this.loadSdk = loadSdk;
    this.network = network;
    this.errorTable = errorTable;
    this.fetchMnemonic = fetchMnemonic;
    this.shelf = shelf;
    this.submissions = new Submissions();
    this.storage = createStorage(shelf);
    this.calls = new SdkCalls();
    this.historyReads = 0;
    // Two syncs at once would claim the same transfers.
    this.syncLane = new Lane({ holdS: SYNC_DEADLINE_S, waitS: 2 * SYNC_DEADLINE_S });
    /** @type {'unsynced' | 'ready' | 'stale'} stale: something happened that only a sync can show */
    this.state = 'unsynced';
    /** A sync of the present SDK has succeeded. */
    this.knowsLeaves = false;
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

  /**
   * Who the wallet is and what it holds. A new SDK knows no leaves before its first sync: until then it is what the
   * wallet held when an SDK on this shelf was last asked.
   * @param {import('./phases.js').PhaseClock} clock
   */
  async info(clock) {
    const { identityPubkey, balanceSats } = await (await this.ready(clock)).getInfo({});
    const info = { identityPublicKey: identityPubkey, balanceSats: BigInt(balanceSats) };
    if (!this.knowsLeaves) return (await this.lastInfo()) ?? info;
    await keepInfo(this.shelf, info);
    return info;
  }

  /** As of the last time that any session on this shelf asked the SDK; null if none did. */
  lastInfo() {
    return lastInfo(this.shelf);
  }

  /**
   * Ends the SDK; nobody may be using it. The session can be used again: it then builds a new one, on the same shelf.
   * The SDK cannot be freed while a call is running: after one that is over its deadline, it is freed when that ends.
   */
  async end() {
    const { building, calls } = this;
    this.building = null;
    this.calls = new SdkCalls();
    this.state = 'unsynced';
    this.knowsLeaves = false;
    const sdk = await building?.catch(() => null);
    if (sdk) await endSdk(sdk, calls.running);
  }

  /** @param {import('./phases.js').PhaseClock} clock */
  async #syncNow(clock) {
    const sdk = await this.ready(clock);
    const witness = await SyncWitness.of(this.sdkModule);
    const before = { failures: witness.failures, reads: this.historyReads };
    this.state = 'stale';
    try {
      await clock.time('sync', () => this.calls.within(sdk.syncWallet({}), SYNC_DEADLINE_S, syncTimedOut));
    } catch (error) {
      throw error instanceof ContractError ? error : syncFailed(this.errorTable, errorText(error));
    }
    if (witness.failures > before.failures) throw syncFailed(this.errorTable, witness.lastFailure);
    if (this.historyReads === before.reads) throw syncFailed(null, 'the wallet history was not read');
    this.state = 'ready';
    this.knowsLeaves = true;
  }

  /** @param {import('./phases.js').PhaseClock} clock */
  async #build(clock) {
    const { loadSdk, network, errorTable, fetchMnemonic, shelf } = this;
    const [storage, observer] = [this.#watchedStorage(), this.submissions.observer()];
    const parts = { loadSdk, network, errorTable, fetchMnemonic, shelf, storage, observer };
    const { wallet, module, memoryBytes } = await buildSdk(parts, clock);
    this.sdkModule = module;
    this.memoryBytes = memoryBytes;
    return wallet;
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

/** @param {import('./errors.js').ErrorTable | null} table null: the text is not the SDK's @param {string} text */
function syncFailed(table, text) {
  const details = table ? { reason: table.sdkFailure(text).reason } : undefined;
  const what = `the wallet could not be synchronised${details ? ` (${details.reason})` : ''}`;
  return new ContractError('connect_failed', `${what}: ${text}; is the network up?`, { details });
}

function syncTimedOut() {
  return new ContractError(
    'connect_failed',
    `no end of the wallet's sync within ${SYNC_DEADLINE_S} s; is the network up?`,
  );
}
