"""Reports as plain values, and the files they become."""
