/**
 * What the stand-in has measured, as facts of the record: name, value in base units, how it was measured.
 *
 * Role: words for figures. Must not know: limits, who reads them.
 */

/**
 * @typedef {{name: string, value: number | string, how: string}} Fact
 * @typedef {import('./prepare.js').Prepared} Prepared
 */

/** The route that is used where nobody names one; the judge compares its unsuffixed figures. */
export const DEFAULT_ROUTE = 'embedded';

/** @param {Record<string, Prepared>} routes @returns {Fact[]} sizes of each, by name, and of the default route */
export function routeFacts(routes) {
  const named = Object.entries(routes).flatMap(([route, prepared]) =>
    sizeFacts(prepared).map(({ name, value, how }) => ({
      name: `${name}.${route}`,
      value,
      how: `route ${route}: ${how}`,
    })),
  );
  return routes[DEFAULT_ROUTE] ? [...sizeFacts(routes[DEFAULT_ROUTE]), ...named] : named;
}

/** @param {Prepared} prepared @returns {Fact[]} */
export function sizeFacts({ bundle, external }) {
  const packages = external.packages
    ? `${external.packages} packages, the external one and its dependencies as installed here, without the native addon ` +
      'that npm install adds on Convex (1 MB zipped if prebuilt, 8 MB if compiled)'
    : 'no external package';
  const pushed = `modules and source maps as the CLI pushes them, both runtimes, and ${packages}`;
  return [
    {
      name: 'bundle_bytes',
      value: bundle.bundleBytes,
      how: 'JavaScript modules and source maps that the CLI pushes, both runtimes',
    },
    {
      name: 'bundle_zip_bytes',
      value: bundle.bundleZipBytes + external.zipBytes,
      how: `${pushed}, as a ZIP file (deflate, level 6)`,
    },
    { name: 'bundle_unzipped_bytes', value: bundle.bundleBytes + external.unzippedBytes, how: pushed },
  ];
}

/** @param {import('./executor.js').Figures} figures @param {string} node its version @returns {Fact[]} */
export function runFacts(figures, node) {
  const { peakRssBytes, analysisS, argumentsBytesPeak, resultBytesPeak, calls, coldStarts } = figures;
  return [
    {
      name: 'process_memory_bytes',
      value: peakRssBytes,
      how: `largest VmHWM of the Node ${node} processes, ${calls} calls and ${coldStarts} cold starts, concurrent calls in one process`,
    },
    { name: 'analysis_s', value: analysisS, how: `import of the Node modules in a fresh Node ${node} process` },
    { name: 'arguments_bytes', value: argumentsBytesPeak, how: `largest arguments JSON of ${calls} calls` },
    { name: 'result_bytes', value: resultBytesPeak, how: `largest result JSON of ${calls} calls` },
  ];
}
