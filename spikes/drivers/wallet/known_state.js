/**
 * What the shelf knows of the wallet itself: whose state it is, and what the SDK last said that it holds.
 *
 * Role: keeps another wallet's tokens, history and balance from passing for this one's, and answers where no SDK may
 * be asked. Must not know: the SDK, payments, which shelf it is.
 */

import { ContractError } from './errors.js';

const TABLE = 'wallet';
const OWNER = 'identity';
const LAST_INFO = 'last_info';

/**
 * @typedef {import('./shelf.js').Shelf} Shelf
 * @typedef {{identityPublicKey: string, balanceSats: bigint}} Info
 */

/** The first wallet that is built on a shelf owns it. @param {Shelf} shelf @param {string} identityPublicKey */
export async function requireOwnShelf(shelf, identityPublicKey) {
  const owner = await shelf.transaction((tx) => {
    if (tx.get(TABLE, OWNER) === null) tx.put(TABLE, OWNER, identityPublicKey);
    return tx.get(TABLE, OWNER);
  });
  if (owner === identityPublicKey) return;
  throw new ContractError(
    'config_error',
    'the stored state belongs to another wallet; give this one a place of its own (SPARKGATE_STATE_DIR)',
  );
}

/** @param {Shelf} shelf @param {Info} info */
export async function keepInfo(shelf, { identityPublicKey, balanceSats }) {
  await shelf.transaction((tx) => tx.put(TABLE, LAST_INFO, { identityPublicKey, balanceSats: String(balanceSats) }));
}

/** @param {Shelf} shelf @returns {Promise<Info | null>} null: no SDK was ever asked */
export async function lastInfo(shelf) {
  const info = await shelf.transaction((tx) => tx.get(TABLE, LAST_INFO));
  return info && { ...info, balanceSats: BigInt(info.balanceSats) };
}
