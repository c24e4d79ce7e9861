"""What one way asks and another does not: by method, by branch, by page."""
