"""In whose name a row is made, or something is done: it is for who has logged in, not for the browser to say."""
