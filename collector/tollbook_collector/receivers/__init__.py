"""What arrives over the network, read into claims."""
