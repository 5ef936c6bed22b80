"""The actors: parties, the constituencies behind them and the mediators between them."""
