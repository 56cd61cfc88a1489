"""The grammar: rules that look at a block and either take it or leave it to the next rule."""
