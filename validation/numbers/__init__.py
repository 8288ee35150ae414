"""The numbers of the whole code: recorded before it is changed, and compared after."""
