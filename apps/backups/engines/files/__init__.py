"""Folders of files: streamed as a tar that any tool reads, and compared file by file."""
