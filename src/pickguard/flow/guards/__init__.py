"""What conditions, refusals and checks tell of the values behind them."""
