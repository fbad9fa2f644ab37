"""The domain of Tollbook: records, identity, grouping, money and prices. Pure Python, no IO, no third party."""

__version__ = "0.1.0"
