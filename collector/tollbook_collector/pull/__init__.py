"""Pull: clients of the providers' usage, cost and tracker APIs. What they bring goes the way of an imported file."""
