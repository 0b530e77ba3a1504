/**
 * Does a payment answer a list request? Pure.
 *
 * Role: the filter semantics of the SDK's StorageListPaymentsRequest. Must not know: where payments are kept.
 */

const CONVERSION_OVER = new Set(['completed', 'failed', 'refunded']);

/** @param {any} payment @param {any} request a missing or empty filter lets everything pass */
export function matches(payment, request) {
  return (
    oneOf(request.typeFilter, payment.paymentType) &&
    oneOf(request.statusFilter, payment.status) &&
    payment.timestamp >= (request.fromTimestamp ?? -Infinity) &&
    payment.timestamp < (request.toTimestamp ?? Infinity) &&
    matchesAsset(payment.details, request.assetFilter) &&
    matchesDetails(payment.details, request.paymentDetailsFilter)
  );
}

/** @param {any[] | null | undefined} list @param {any} value */
function oneOf(list, value) {
  return !list?.length || list.includes(value);
}

/** @param {any} details @param {any} filter */
function matchesAsset(details, filter) {
  if (!filter) return true;
  if (!details) return false;
  if (filter.type === 'bitcoin') return details.type !== 'token';
  const wanted = filter.tokenIdentifier;
  return details.type === 'token' && (!wanted || details.metadata?.identifier === wanted);
}

/** One of the filters must fit. @param {any} details @param {any[] | null | undefined} filters */
function matchesDetails(details, filters) {
  if (!filters?.length) return true;
  return Boolean(details) && filters.some((filter) => matchesDetail(details, filter));
}

/** @param {any} details @param {any} filter */
function matchesDetail(details, filter) {
  return (
    details.type === filter.type &&
    oneOf(filter.htlcStatus, details.htlcDetails?.status) &&
    (filter.txHash == null || details.txHash === filter.txHash) &&
    (filter.txType == null || details.txType === filter.txType) &&
    matchesConversion(details.conversionInfo, filter.conversionFilter)
  );
}

/** @param {any} info @param {string | null | undefined} wanted */
function matchesConversion(info, wanted) {
  if (!wanted) return true;
  switch (wanted) {
    case 'ammRefundNeeded':
      return info?.type === 'amm' && info.status === 'refundNeeded';
    case 'orchestraPending':
      return info?.type === 'orchestra' && !CONVERSION_OVER.has(info.status);
    case 'boltzPending':
      return info?.type === 'boltz' && !CONVERSION_OVER.has(info.status);
    default:
      throw new Error(`unknown conversion filter ${wanted}; teach storage_filters.js about it`);
  }
}
