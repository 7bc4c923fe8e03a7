"""How a finished model holds up in real life: noise, rooms, levels, nobody speaking, one mood for a long time."""
