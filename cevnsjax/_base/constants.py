"""Physical constants: CODATA 2018 and the Review of Particle Physics 2022, in MeV, fm and cm.

The editions are those of the analyses that the engine reproduces (arXiv:2303.09360 and its companions).
"""

FERMI_CONSTANT = 1.1663787e-11
"""G_F [1/MeV^2]."""
FINE_STRUCTURE = 1.0 / 137.035999084
"""Fine-structure constant at zero momentum."""
HBAR_C = 197.3269804
"""Conversion constant [MeV fm]."""
HBAR_C_CM = 197.3269804e-13
"""Conversion constant [MeV cm]."""
AVOGADRO = 6.02214076e23
"""Avogadro constant [1/mol]."""
ATOMIC_MASS_UNIT = 931.49410242
"""Atomic mass unit [MeV]."""
ELECTRON_MASS = 0.51099895
"""Electron mass [MeV]."""
MUON_MASS = 105.6583755
"""Muon mass [MeV]."""
TAU_MASS = 1776.86
"""Tau mass [MeV]."""
CHARGED_PION_MASS = 139.57039
"""Charged-pion mass [MeV]."""
W_MASS = 80379.0
"""W-boson mass [MeV]."""

LEPTON_MASSES = {"e": ELECTRON_MASS, "mu": MUON_MASS, "tau": TAU_MASS}
"""Charged-lepton masses [MeV] by flavour."""
