"""How a finished model holds up in real life: noise, rooms, levels, no speech, one mood for a long time."""
