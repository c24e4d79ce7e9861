"""Files of people that the browser opens as a page."""
