"""The comparison of Millrace with its peers: same work, same stores, same check; started by tools/bench."""
