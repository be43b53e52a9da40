"""The nemesis: random faults against real processes and stores, and an account of every job afterwards."""
