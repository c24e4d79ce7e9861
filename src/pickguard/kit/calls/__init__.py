"""What calls do, whatever library they belong to."""
