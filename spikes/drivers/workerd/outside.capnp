@0xb7c1d94e02a6f358;
# The way out of live runs: hosts of the public internet, with the certificates that browsers trust, and loopback.
# Only the two files named live.capnp use it; every other configuration reaches loopback alone.

using Workerd = import "/workerd/workerd.capnp";

const outside :Workerd.Service = (
  name = "outside",
  network = (allow = ["public", "127.0.0.1/32"], tlsOptions = (trustBrowserCas = true)),
);
