"""The one view that lacks what nearly all the others beside it have."""
