/**
 * The contract of a driver whose host needs are inspected, in a run of its own.
 *
 * Role: without the inspection it is createContract and nothing else. With it, the SDK's calls of host APIs are
 * counted (host_ledger.js) and kept on the shelf, because some hosts serve every request in a fresh context; the
 * harness names the phases and asks for the ledger. Must not know: payments, which API belongs to which import.
 */

import { createContract } from './contract.js';
import { ContractError } from './errors.js';
import { FIRST_PHASE, watchHost } from './host_ledger.js';
import { MemoryShelf } from './shelf.js';

export const HOST_NEEDS = 'host_needs';
const TABLE = 'inspection';

/**
 * @typedef {object} Watch
 * @property {string | null | undefined} inspect what SPARKGATE_INSPECT says
 * @property {import('./shelf.js').Shelf} [shelf] where the ledger is kept; none: in memory
 * @property {string[]} [shims] names of APIs that the host itself puts in place of what its platform lacks
 */

/**
 * To be called before the SDK is instantiated.
 * @param {import('./contract.js').Driver} driver @param {Watch} watch
 * @returns {(request: Request) => Promise<Response>}
 */
export function inspectedContract(driver, { inspect, shelf = new MemoryShelf(), shims = [] }) {
  if (inspect !== HOST_NEEDS) return createContract(driver);
  const ledger = watchHost();
  const handle = createContract({
    ...driver,
    experiments: {
      ...driver.experiments,
      host_phase: ({ phase }) => setPhase(shelf, phase),
      host_needs: ({ paths }) => report(shelf, paths, shims),
    },
  });
  return async (request) => {
    ledger.enter(await shelf.transaction((tx) => tx.get(TABLE, 'phase') ?? FIRST_PHASE));
    try {
      return await handle(request);
    } finally {
      ledger.leave();
      await keep(shelf, ledger.take());
    }
  };
}

/** @param {import('./shelf.js').Shelf} shelf @param {unknown} phase that the requests from now on belong to */
async function setPhase(shelf, phase) {
  if (typeof phase !== 'string' || !/^[a-z_]{1,32}$/.test(phase)) {
    throw new ContractError('invalid_request', 'phase must be a name of small letters and underscores');
  }
  await shelf.transaction((tx) => tx.put(TABLE, 'phase', phase));
  return { outcome: 'marked', phase };
}

/**
 * @param {import('./shelf.js').Shelf} shelf
 * @param {ReturnType<import('./host_ledger.js').HostLedger['take']>} taken
 */
function keep(shelf, { counts, codeGenerations, timersLeft, fetchesLeft }) {
  return shelf.transaction((tx) => {
    for (const [phase, calls] of Object.entries(counts)) {
      const known = tx.get(TABLE, `calls ${phase}`) ?? {};
      for (const [name, count] of Object.entries(calls)) known[name] = (known[name] ?? 0) + count;
      tx.put(TABLE, `calls ${phase}`, known);
    }
    const totals = readTotals(tx);
    tx.put(TABLE, 'totals', {
      codeGenerations: totals.codeGenerations + codeGenerations,
      timersLeft: Math.max(totals.timersLeft, timersLeft),
      fetchesLeft: Math.max(totals.fetchesLeft, fetchesLeft),
    });
  });
}

/** @param {import('./shelf.js').Tx} tx */
function readTotals(tx) {
  return tx.get(TABLE, 'totals') ?? { codeGenerations: 0, timersLeft: 0, fetchesLeft: 0 };
}

/**
 * Everything counted in the requests before this one, and what of the named paths is there in this runtime.
 * @param {import('./shelf.js').Shelf} shelf @param {unknown} paths @param {string[]} shims
 */
async function report(shelf, paths, shims) {
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
    throw new ContractError('invalid_request', 'paths must be a list of names such as "globalThis.fetch"');
  }
  const { counts, totals } = await shelf.transaction((tx) => ({
    counts: Object.fromEntries(
      tx.list(TABLE).flatMap(([key, calls]) => (key.startsWith('calls ') ? [[key.slice('calls '.length), calls]] : [])),
    ),
    totals: readTotals(tx),
  }));
  return { outcome: 'counted', counts, ...totals, missing: paths.filter((path) => !isPresent(path)), shims };
}

/**
 * Whether a path of names leads to something, without running a getter of a prototype for its value.
 * @param {string} path such as "globalThis.Response.prototype.body" @returns {boolean}
 */
export function isPresent(path) {
  const [root, ...names] = path.split('.');
  if (root !== 'globalThis') throw new ContractError('invalid_request', `${path} does not begin with globalThis`);
  /** @type {any} */
  let holder = globalThis;
  for (const [index, name] of names.entries()) {
    if (holder === null || holder === undefined || !(name in Object(holder))) return false;
    if (index === names.length - 1 && names[index - 1] === 'prototype') return !isEmptied(holder, name);
    holder = holder[name];
  }
  return holder !== null && holder !== undefined;
}

/** @param {any} prototype @param {string} name @returns {boolean} whether it is there, but undefined */
function isEmptied(prototype, name) {
  let owner = prototype;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const { get, value } = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(owner, name));
  return !get && value === undefined;
}
