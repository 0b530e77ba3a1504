/**
 * The Durable Object that owns the wallet: it answers the whole contract and remembers in its own SQLite.
 *
 * Role: host. Everything that the wallet must not forget lies on a shelf in the object's storage, changed in the same
 * transactions as what it guards; the platform lets nothing out of the object before that is written. What else it
 * holds - the SDK, its leaves, paid credentials - goes with the instance. Must not know: payments, routes.
 */

import { composeDriver } from '../l402/compose.js';
import { createRefusingContract } from '../wallet/contract.js';
import { ErrorTable } from '../wallet/errors.js';
import errors from '../wallet/errors.json';
import { SDK } from '../wallet/sdk_version.js';
import { SqlShelf } from '../wallet/shelf_sql.js';
import { loadSdk } from '../workerd/sdk.js';

export class WalletObject {
  /**
   * @param {any} context the object's: storage, life @param {Record<string, string | null>} env
   */
  constructor(context, env) {
    this.context = context;
    this.handle = this.#compose(env);
  }

  /** @param {Record<string, string | null>} env @returns {(request: Request) => Promise<Response>} */
  #compose(env) {
    const name = 'durable_object';
    const steps = { evict: async () => this.#evict() };
    try {
      const shelf = new SqlShelf({ database: database(this.context.storage), durability: 'object' });
      // Requests of one object share one context, so that work of one may go on in another.
      return composeDriver({ name, env, errors, loadSdk, shelf, steps, oneAtATime: false });
    } catch (error) {
      const driver = { runtime: env.SPARKGATE_RUNTIME || name, sdk: SDK, errorTable: new ErrorTable(errors) };
      return createRefusingContract(driver, error);
    }
  }

  /** @param {Request} request @returns {Promise<Response>} */
  async fetch(request) {
    const answer = this.handle(request);
    this.context.waitUntil(answer);
    return answer;
  }

  /**
   * The platform takes an object away whenever it likes; here it is asked to. No answer leaves this instance any more:
   * the front knows what that means. @returns {Promise<never>}
   */
  #evict() {
    this.context.abort('evicted, as it was asked');
    return new Promise(() => {});
  }
}

/** @param {any} storage of the object @returns {import('../wallet/shelf_sql.js').Database} */
function database(storage) {
  return {
    exec: (sql, ...params) => storage.sql.exec(sql, ...params).toArray(),
    atomically: (work) => storage.transactionSync(work),
  };
}
