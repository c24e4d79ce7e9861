"""Guards that are not there, ask nothing, come too late, or stand where nobody passes."""
