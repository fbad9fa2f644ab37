"""`tollbook doctor`: what can be wrong with an installation, each as one small check that says what to do."""
