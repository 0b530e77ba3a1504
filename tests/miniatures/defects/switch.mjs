/**
 * Switches one seeded defect into the real buyer and wallet: `node --import .../switch.mjs?DEFECT program.js`.
 *
 * Role: replaces a few characters of a module while it is loaded. Text that is no longer there is an error, so that a
 * defect cannot quietly stop being one. Must not know: what a defect leads to, or who catches it.
 */

import { registerHooks } from 'node:module';

/** Defect -> what to replace: the end of a module's address, text that stands in it once, what stands there instead. */
const DEFECTS = {
  leaks_half_the_preimage: [
    [
      'l402/purchase_answer.js',
      "    kind: 'l402',",
      "    kind: 'l402', proofReference: `preimage:${payment?.preimageHex.slice(0, 16)}`,",
    ],
  ],
  hashes_the_hex_string: [
    [
      'wallet/experiments.js',
      'preimageSha256: preimage && (await sha256Hex(preimage)),',
      'preimageSha256: preimage && (await sha256Hex(new TextEncoder().encode(result.payment.preimageHex))),',
    ],
  ],
  // The wallet judges the amount too: both have to be wrong.
  trusts_the_sellers_amount: [
    [
      'l402/offer.js',
      'return { scheme, macaroon, terms };',
      `const said = /amount_msats="(\\d+)"/.exec(response.headers.get('www-authenticate'))?.[1];
  return { scheme, macaroon, terms: { ...terms, amountMsats: said ? BigInt(said) : terms.amountMsats } };`,
    ],
    ['wallet/limits.js', 'if (amountMsats > maxAmountMsats) {', 'if (false) {'],
  ],
  sends_parameters_for_authorization: [
    [
      'l402/credentials.js',
      'return `${scheme} ${macaroon}:${preimageHex}`;',
      'return `${scheme} macaroon="${macaroon}", preimage="${preimageHex}"`;',
    ],
  ],
  counts_the_window_after_success: [
    [
      'wallet/spend_window.js',
      'tx.put(this.table, id, { amountMsats: String(amountMsats), atMs: this.nowMs(), open: true });',
      '',
    ],
  ],
  forgets_caps_at_restart: [
    [
      'wallet/spend_window.js',
      'if (!this.#isOver(entry)) sum +=',
      'if (!this.#isOver(entry) && entry.atMs >= performance.timeOrigin) sum +=',
    ],
  ],
  pays_again_after_a_hit: [
    [
      'l402/turn.js',
      'requireUnderCap(policy, terms.amountMsats);\n    const maxAmountMsats = jsonInteger(policy.maxAmountMsats);',
      `const isHit = this.purchase.cacheStatus === 'invalid';
    if (!isHit) requireUnderCap(policy, terms.amountMsats);
    const maxAmountMsats = jsonInteger(isHit ? terms.amountMsats : policy.maxAmountMsats);`,
    ],
  ],
};

const name = new URL(import.meta.url).search.slice(1);
if (!Object.hasOwn(DEFECTS, name)) throw new Error(`there is no defect ${name}; choose from ${Object.keys(DEFECTS)}`);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const changes = DEFECTS[name].filter(([module]) => url.endsWith(`/${module}`));
    if (changes.length === 0) return loaded;
    let source = Buffer.from(loaded.source).toString('utf8');
    for (const [module, sound, wrong] of changes) {
      const parts = source.split(sound);
      if (parts.length !== 2) throw new Error(`${module} no longer holds once: ${sound}; adapt ${name} in switch.mjs`);
      source = parts.join(wrong);
    }
    return { ...loaded, source };
  },
});
