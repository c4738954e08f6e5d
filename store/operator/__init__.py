"""What the operator's shell looks up and does: jobs that failed, a key retired, a restored backup."""
