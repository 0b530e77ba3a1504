"""sparkgate's experiments: everything here touches the world and records what happened; nothing here judges."""
