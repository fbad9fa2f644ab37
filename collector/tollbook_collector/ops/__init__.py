"""Running the collector: what it measures, whether it can take more, how much of each sender, what agents report."""
