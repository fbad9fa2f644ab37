"""The only modules that know SQL."""
