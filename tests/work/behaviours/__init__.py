"""Every way in which the destination may behave, as data, and what must hold whichever it is."""
