"""What answers take: counted behind them, where the owner wants that. A chat whose owner counts nothing does without."""
