"""What a neutrino does to a nucleus: couplings, kinematic kernels and amplitudes; each model has its own file."""
