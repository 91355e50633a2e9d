"""What automask measures of itself."""
