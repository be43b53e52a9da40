"""What people ask of jobs and queues while the platform runs."""
