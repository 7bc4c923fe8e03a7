"""What was recognized, for people: reports of a history and explained recordings, as text, page and picture."""
