"""Cursor: its hook's numbers, and what its database tells of a conversation's folder."""
