/**
 * What the isolate holds, by a V8 heap snapshot of its own.
 *
 * Role: sums up the sizes of all nodes: JavaScript's objects, buffers, and the linear memories that JavaScript can see.
 * Must not know: what lies in them. It takes about a second, and is no part of any payment.
 */

import { getHeapSnapshot } from 'node:v8';

/** @returns {Promise<number>} */
export async function heapSnapshotBytes() {
  const pieces = [];
  for await (const piece of getHeapSnapshot()) pieces.push(piece);
  const { snapshot, nodes } = JSON.parse(Buffer.concat(pieces).toString());
  const fields = snapshot.meta.node_fields;
  let bytes = 0;
  for (let at = fields.indexOf('self_size'); at < nodes.length; at += fields.length) bytes += nodes[at];
  return bytes;
}
