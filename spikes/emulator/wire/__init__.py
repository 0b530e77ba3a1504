"""Message subsets of the Spark wire format: our own .proto files and the Python generated from them (`make proto`)."""
