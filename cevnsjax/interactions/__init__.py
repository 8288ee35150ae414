"""What a neutrino does to a nucleus: couplings, kinematic kernels and amplitudes, one model a file."""
