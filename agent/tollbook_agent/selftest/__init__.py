"""`tollbook self-test`: one invented call by each way of seeing it, in a folder of its own that counts for nothing."""
