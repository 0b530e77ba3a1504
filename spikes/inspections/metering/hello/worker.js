/**
 * The least a Worker can be: what its start costs, any Worker's start costs.
 *
 * Role: subtracted from the start-up CPU of the Worker under test. Must not know: anything.
 */

export default {
  fetch() {
    return new Response();
  },
};
