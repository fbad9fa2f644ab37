"""What observers saw, read into sightings."""
