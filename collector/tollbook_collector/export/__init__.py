"""Exports: allocated rows in the forms that finance tools read."""
