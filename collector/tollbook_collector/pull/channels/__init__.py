"""One module a channel: which requests its reports take, and how their answers become documents of single days."""
