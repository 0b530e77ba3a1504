/** Has a wallet pay, as its own service is asked to. */

import { PhaseClock } from '../../wallet/phases.js';

/** @param {any} made from wallet() @param {object} [changes] to its request */
export const pay = ({ service, request }, changes = {}) =>
  service.payBolt11({ ...request, ...changes }, new PhaseClock());
