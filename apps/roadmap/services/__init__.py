"""Writing the roadmap: imports, exports, claims."""
