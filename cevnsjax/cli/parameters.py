"""``cevnsjax parameters``: parameters with unit, default, bounds and prior, and the couplings they give."""

from . import options, printing
from .request import MODEL, Request, with_request


@with_request(options.Listed, *MODEL, required=False)
def parameters(request: Request, json_: options.Json = False) -> None:
    """List the parameters with unit, default, bounds and prior, and the couplings they give."""
    from ..interactions.couplings import COUPLING_SIN2, LEPTONS, formula
    from ..joint.joining import parameter_table
    from ..measurements import CATALOGUE, resolve
    from ..results.tables.lists import described, parameter_list

    interaction = request.models()
    table = parameter_table(resolve(request.names or list(CATALOGUE), request.chosen_form_factor), interaction)
    sin2 = table["sin2_theta_w"].default
    cases = {
        f"in fits, sin2_theta_w = {sin2:g}": (interaction.standard.couplings, sin2),
        f"formula at {COUPLING_SIN2:g}": (formula(request.couplings, COUPLING_SIN2), COUPLING_SIN2),
        f"formula at {sin2:g}": (formula(request.couplings, sin2), sin2),
    }
    values = {
        case: {f"g_V^p(nu_{lepton})": float(chosen.proton(lepton, value)) for lepton in LEPTONS}
        | {"g_V^n": float(chosen.neutron)}
        for case, (chosen, value) in cases.items()
    }
    content = {"parameters": described(table), "couplings": {"scheme": request.couplings, "values": values}}
    printing.result(content, json_, parameter_list)
