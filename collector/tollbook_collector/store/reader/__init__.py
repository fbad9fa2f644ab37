"""The reader: sums over months, from day files where they hold a day whole, from the record where not."""
