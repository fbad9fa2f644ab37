"""Readers of the tools' own usage logs: bytes in, (observations, problems) out."""
