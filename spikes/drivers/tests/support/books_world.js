/**
 * A small world for the books: services that crash, a shelf that loses answers, a network that remembers, events in a
 * random order.
 *
 * Role: `step()` lets something happen and then holds the books to account: a request is submitted once, what was
 * submitted is never free while it may be paid, what is told as failed is not paid, and the window counts every open
 * and every paid satoshi. One thing is taken for granted, as the wallet does: a message that pays reaches the network
 * within a time after its mark, or never. Must not know: which shelf the books lie on.
 */

import assert from 'node:assert/strict';

import { Books } from '../../wallet/books.js';
import { ContractError } from '../../wallet/errors.js';
import { settings } from './drivers.js';

const PRICE_MSATS = 5_000n;
/** Room for thirty payments. */
const WINDOW_CAP_MSATS = 150_000n;
const LOST_AFTER_MS = 100;
/** Nobody is at a payment any more. */
const IN_FLIGHT_LIMIT_MS = 1_000;

/**
 * @typedef {import('../../wallet/shelf.js').Shelf} Shelf
 * @typedef {import('../../wallet/shelf.js').Tx} Tx
 * @typedef {ReturnType<typeof import('./random.js').seeded>} Random
 * @typedef {{service: Books, order: any, markedAtMs: number | null, isSent: boolean}} Running
 */

/** Nobody hears whether it was done. */
class ReplyLost extends Error {}

/** @param {Shelf} shelf @param {Random} random @returns {Shelf} whose transactions run again, fail, or lose their answer */
function flaky(shelf, random) {
  return {
    durability: shelf.durability,
    transaction: async (work) => {
      const fate = random.integer(40);
      if (fate === 0) throw new ReplyLost('failed before the commit');
      if (fate < 8) await shelf.transaction((tx) => (work(tx), undo())).catch(requireUndone);
      const result = await shelf.transaction(work);
      if (fate === 39) throw new ReplyLost('the answer is lost');
      return result;
    },
  };
}

const UNDONE = new Error('undone');

/** @returns {never} */
function undo() {
  throw UNDONE;
}

/** @param {unknown} error what the work itself throws comes again when it runs again */
function requireUndone(error) {
  if (error !== UNDONE && !(error instanceof ContractError)) throw error;
}

export class World {
  /** @param {Shelf} shelf @param {Random} random */
  constructor(shelf, random) {
    this.shelf = shelf;
    this.random = random;
    this.nowMs = 0;
    this.births = 0;
    /** @type {Map<string, {requestId: string, end: 'open' | 'paid' | 'failed'}>} what the network knows, by invoice */
    this.network = new Map();
    /** @type {Running[]} */
    this.running = [];
    this.seen = { paid: 0, failed: 0, lost: 0, fenced: 0, freed: 0, refused: 0, lookedUp: 0, takenOver: 0 };
    this.services = [this.#service(), this.#service()];
  }

  #service() {
    this.births += 1;
    return new Books({
      shelf: flaky(this.shelf, this.random),
      config: settings({ windowCapMsats: WINDOW_CAP_MSATS, windowMs: 10 ** 9 }),
      inFlightLimitMs: IN_FLIGHT_LIMIT_MS,
      incarnation: `incarnation-${this.births}`,
      nowMs: () => this.nowMs,
    });
  }

  async step() {
    const { random } = this;
    const event = random.integer(24);
    this.nowMs += event === 0 ? IN_FLIGHT_LIMIT_MS : random.integer(40);
    const running = this.running[random.integer(this.running.length || 1)];
    if (event < 9 || !running) await this.#ask(random.pick(this.services));
    else if (event === 23) this.#crash(random.integer(2));
    else await this.#proceed(running);
    await this.#check();
  }

  /** @param {Books} service */
  async #ask(service) {
    const before = await this.#entries();
    const open = [...before].flatMap(([id, entry]) => (entry.state === 'in_flight' ? [id] : []));
    const isAgain = open.length > 0 && this.random.integer(3) === 0;
    const requestId = isAgain ? this.random.pick(open) : `${this.random.integer(40)}-${this.random.integer(2)}`;
    const paymentHash = `hash-${parseInt(requestId)}`;
    const request = { requestId, invoice: paymentHash, maxAmountMsats: 10_000n, host: 'a' };
    const order = /** @type {any} */ ({ request, terms: { paymentHash, amountMsats: PRICE_MSATS } });
    try {
      const place = await service.open(order, paymentHash);
      if (place.state === 'settled') assert.equal(this.#paidBy(paymentHash), requestId);
      if (place.state === 'unknown') await this.#lookUp(service, order, place.submittedAtMs);
      if (place.state !== 'new') return;
      const after = await this.#entries();
      this.seen.takenOver += Number(before.has(requestId));
      this.seen.freed += [...before.keys()].filter((id) => !after.has(id)).length;
      this.running.push({ service, order: { ...order, attempt: place.attempt }, markedAtMs: null, isSent: false });
    } catch (error) {
      if (error instanceof ReplyLost) return;
      if (!(error instanceof ContractError)) throw error;
      if (error.code === 'payment_failed') assert.notEqual(this.#paidBy(paymentHash), requestId, 'told as failed');
      this.seen.refused += 1;
    }
  }

  async #entries() {
    return new Map(await this.shelf.transaction((tx) => tx.list('register')));
  }

  /** @param {string} paymentHash */
  #paidBy(paymentHash) {
    const known = this.network.get(paymentHash);
    return known?.end === 'paid' ? known.requestId : null;
  }

  /** One payment goes a step further: it is marked, sent, or ends. @param {Running} one */
  async #proceed(one) {
    const inTime = one.markedAtMs !== null && this.nowMs < one.markedAtMs + LOST_AFTER_MS;
    const goesOn = this.random.integer(4) > 0;
    if (goesOn && one.markedAtMs === null) return this.#mark(one);
    if (goesOn && !one.isSent && inTime) return this.#send(one);
    this.running = this.running.filter((other) => other !== one);
    await this.#end(one).catch((error) => {
      if (!(error instanceof ReplyLost || error instanceof ContractError)) throw error;
    });
  }

  /** @param {Running} one */
  async #mark(one) {
    try {
      await one.service.markSubmitted(one.order);
      one.markedAtMs = this.nowMs;
    } catch {
      // As the SDK does: it gives the payment up. Whether the mark is there is not known.
      this.seen.fenced += 1;
      this.running = this.running.filter((other) => other !== one);
      await one.service.giveBack(one.order).catch(() => {});
    }
  }

  /** @param {Running} one */
  #send(one) {
    const { request, terms } = one.order;
    const known = this.network.get(terms.paymentHash);
    assert.ok(!known || known.end === 'failed', `${terms.paymentHash} is submitted twice`);
    this.network.set(terms.paymentHash, { requestId: request.requestId, end: 'open' });
    one.isSent = true;
  }

  /** @param {Running} one */
  async #end({ service, order, markedAtMs, isSent }) {
    if (markedAtMs === null && this.random.integer(2) === 0) return void (await service.giveBack(order));
    if (markedAtMs === null) return service.markUnknown(order, { isSubmitted: false }); // a defect: nobody knows
    if (!isSent || this.random.integer(3) === 0) return service.markUnknown(order, { isSubmitted: true });
    await this.#lookUp(service, order, markedAtMs);
  }

  /** @param {Books} service @param {any} order @param {number | null} submittedAtMs */
  async #lookUp(service, order, submittedAtMs) {
    const { request, terms } = order;
    const known = this.network.get(terms.paymentHash);
    this.seen.lookedUp += 1;
    if (!known || known.requestId !== request.requestId) {
      if (submittedAtMs === null || this.nowMs < submittedAtMs + LOST_AFTER_MS) return;
      this.seen.lost += 1;
      const lost = new ContractError('payment_failed', 'never got it', { afterSubmit: true });
      return void (await service.settleLost(order, submittedAtMs, lost));
    }
    if (known.end === 'open') known.end = this.random.pick(['paid', 'paid', 'failed']);
    if (known.end === 'paid') {
      const answer = await service.settlePaid(order, () => /** @type {any} */ ({ paid: request.requestId }));
      assert.deepEqual(answer, { paid: request.requestId });
      this.seen.paid += 1;
    } else {
      this.seen.failed += 1;
      await service.settleFailed(order, new ContractError('payment_failed', 'failed', { afterSubmit: true }));
    }
  }

  /** Its payments stop where they are; the next of its kind has another incarnation. @param {number} index */
  #crash(index) {
    this.running = this.running.filter((one) => one.service !== this.services[index]);
    this.services[index] = this.#service();
  }

  async #check() {
    const [entries, window] = await this.shelf.transaction((tx) => [tx.list('register'), tx.list('spend_window')]);
    const isFree = (/** @type {any} */ entry) => entry.state === 'settled' && 'error' in entry.answer;
    const holding = entries.flatMap(([id, entry]) => (isFree(entry) ? [] : [id]));
    assert.deepEqual(window.map(([id]) => id).sort(), holding.sort(), 'the window holds what is open or paid');
    assert.ok(BigInt(holding.length) * PRICE_MSATS <= WINDOW_CAP_MSATS);
    const byId = new Map(entries);
    for (const [hash, { requestId, end }] of this.network) {
      if (end !== 'failed') assert.ok(byId.has(requestId), `${hash} is ${end}, and ${requestId} is forgotten`);
      if (end !== 'failed') assert.ok(!isFree(byId.get(requestId)), `${hash} is ${end}, and called failed`);
    }
  }
}
