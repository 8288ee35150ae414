"""``cevnsjax running``: how sin²θ_W runs with the momentum transfer."""

from . import options, printing


def running(json_: options.Json = False, plot: options.Plot = None) -> None:
    """Show how sin2_theta_w runs with the momentum transfer, with measurements beside it."""
    from ..joint.running import running as found
    from ..results.tables.running import running_blocks

    printing.check_plot(plot)
    with printing.progress("fitting"):
        result = found()
    printing.result(result.as_dict(), json_, running_blocks)
    printing.draw(plot, result.plot)
