/** What the SDK's payment observer may let through. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Submissions } from '../wallet/witnesses.js';

/** A payment that the SDK is sending until `end` is called. @param {() => Promise<void>} mark */
function sending(mark) {
  const submissions = new Submissions();
  /** @type {(error?: Error) => void} */
  let end = () => {};
  const call = () => new Promise((resolve, reject) => (end = (error) => (error ? reject(error) : resolve(null))));
  const { submission, sending: promise } = submissions.start('id', mark, call);
  const submit = (paymentId = 'id') => submissions.observer().beforeSend([{ paymentId }]);
  return { submissions, submission, submit, end: (/** @type {Error} */ error) => end(error), promise };
}

test('from the first moment of marking it may have been submitted; a mark that fails takes that back', async () => {
  /** @type {((error?: Error) => void)[]} */
  const marks = [];
  const mark = () =>
    new Promise((resolve, reject) => marks.push((error) => (error ? reject(error) : resolve(undefined))));
  const { submission, submit } = sending(/** @type {any} */ (mark));
  assert.equal(submission.wasSubmitted, false);
  const refused = assert.rejects(submit(), /not to be submitted: the disk is full/);
  assert.deepEqual([submission.wasSubmitted, submission.abandon()], [true, false]);
  marks[0](new Error('the disk is full'));
  await refused;
  assert.equal(submission.wasSubmitted, false);
  const second = submit();
  marks[1]();
  await second;
  assert.deepEqual([submission.wasSubmitted, submission.abandon()], [true, false]);
});

test('what was given up is not even marked', async () => {
  const { submission, submit } = sending(() => assert.fail('marked'));
  assert.equal(submission.abandon(), true);
  await assert.rejects(submit(), /given up/);
});

test('a payment that nobody asked for, or whose call has ended, is not let through', async () => {
  const { submit, end, promise, submissions } = sending(async () => {});
  await assert.rejects(submit('another'), /nobody asked/);
  assert.throws(
    () =>
      submissions.start(
        'id',
        async () => {},
        async () => {},
      ),
    { code: 'prepare_failed' },
  );
  end(new Error('lost'));
  await assert.rejects(promise, /lost/);
  await assert.rejects(submit(), /nobody asked/);
  submissions.start(
    'id',
    async () => {},
    async () => {},
  );
});

test('a call that throws at once is one that fails', async () => {
  const submissions = new Submissions();
  const { sending: failing } = submissions.start(
    'id',
    async () => {},
    () => {
      throw new Error('null pointer passed to rust');
    },
  );
  await assert.rejects(failing, /null pointer/);
  assert.equal(submissions.running.size, 0);
});
