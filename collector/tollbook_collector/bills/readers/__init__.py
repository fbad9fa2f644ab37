"""One reader a kind of bill file: pure, bytes already parsed in, a statement out."""
