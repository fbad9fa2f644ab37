"""Readers of provider traffic: bytes of one exchange in, observations out. Pure, and the same for any chunking."""
