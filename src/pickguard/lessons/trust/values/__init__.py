"""What the browser says of prices, people, accounts elsewhere and what is written down."""
