"""What does each page answer? Parse, one service or selector call, render."""
