"""χ² on grids with everything else profiled: intervals, contours, stores."""
