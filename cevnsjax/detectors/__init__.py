"""What a detector makes of a recoil: quenching, resolution, efficiency, and the response matrix they form."""
