/**
 * Does a value fit what a function or a table declares? Pure.
 *
 * Role: refuses what Convex would refuse, for the validators that the functions here use. Values are in Convex's JSON
 * form. Must not know: functions, tables.
 */

/**
 * @param {any} validator in the form that npm convex exports
 * @param {any} value @param {string} at where, for the message
 * @returns {string | null} what is wrong, null if it fits
 */
export function misfit(validator, value, at) {
  switch (validator.type) {
    case 'any':
      return null;
    case 'null':
      return value === null ? null : wrong(at, 'null');
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === validator.type ? null : wrong(at, validator.type);
    case 'array':
      return Array.isArray(value)
        ? firstOf(value.map((item, index) => misfit(validator.value, item, `${at}[${index}]`)))
        : wrong(at, 'array');
    case 'union':
      return validator.value.some((/** @type {any} */ one) => misfit(one, value, at) === null)
        ? null
        : wrong(at, 'member of the union');
    case 'object':
      return isObject(value) ? misfitOfFields(validator.value, value, at) : wrong(at, 'object');
    default:
      throw new Error(`the stand-in knows no validator ${validator.type}; teach validators.js about it`);
  }
}

/** @param {Record<string, {fieldType: any, optional: boolean}>} fields @param {any} value @param {string} at */
function misfitOfFields(fields, value, at) {
  const surplus = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (surplus !== undefined) return `${at}.${surplus} is not declared`;
  return firstOf(
    Object.entries(fields).map(([name, { fieldType, optional }]) => {
      if (Object.hasOwn(value, name)) return misfit(fieldType, value[name], `${at}.${name}`);
      return optional ? null : `${at}.${name} is missing`;
    }),
  );
}

/** @param {any} value */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {string} at @param {string} wanted */
function wrong(at, wanted) {
  return `${at} is no ${wanted}`;
}

/** @param {(string | null)[]} misfits */
function firstOf(misfits) {
  return misfits.find((one) => one !== null) ?? null;
}
