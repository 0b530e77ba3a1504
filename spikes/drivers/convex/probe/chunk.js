/** A module that the probe imports at run time: the bundler makes a chunk of it. */
export const name = 'chunk';
